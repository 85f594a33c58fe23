"""What the steps of the demonstration use: calls of the API, mail, and checks of the results."""

import json
from collections.abc import Callable, Mapping, Sequence
from email.message import EmailMessage
from typing import Any, TypeVar
from urllib.parse import unquote

from config.local.client import WEBHOOK_PATH, Answer
from config.local.credentials import write_credentials
from config.local.demo.mails import SupportMail, sent_mails
from config.local.errors import LocalError
from config.local.processes.supervisor import Supervisor
from config.local.run import say
from config.local.stack import Stack

TICKETS = "/requests/user_requests/"
_TIMEOUT_SECONDS = 30.0
_Result = TypeVar("_Result")


class Steps:
    """A running service, as an operator and the support mailbox use it.

    Whatever is not as expected raises LocalError.
    """

    def __init__(self, stack: Stack, supervisor: Supervisor) -> None:
        self.stack = stack
        self.supervisor = supervisor
        credentials = json.loads(write_credentials(stack).read_text())
        self.secret = credentials["webhook_secret"]
        self.operator = credentials["operator_id"]
        self.supervisor_id = credentials["supervisor_id"]
        self.api = stack.api(credentials["operator_token"])
        self.supervisor_api = stack.api(credentials["supervisor_token"])

    def post(self, mails: Sequence[SupportMail], expected: list[str]) -> None:
        answer = self.api.post_mails(self.secret, [mail.for_webhook() for mail in mails])
        results = (
            [result["status"] for result in answer.body["results"]] if answer.status == 202 else []
        )
        names = ", ".join(mail.name for mail in mails)
        say(f"   POST {WEBHOOK_PATH} {names}: {answer.status} {', '.join(results)}")
        self.check(f"the webhook answers {expected} for {names}", results == expected)

    def call(
        self,
        method: str,
        path: str,
        status: int,
        fields: Mapping[str, object] | None = None,
        body: object = None,
        by_supervisor: bool = False,
    ) -> dict[str, Any]:
        """Call the API and check the answer's status and some of its fields."""
        api = self.supervisor_api if by_supervisor else self.api
        answer: Answer = api.call(method, path, body)
        say(f"   {method} {unquote(path)}: {answer.status}")
        content = answer.body if isinstance(answer.body, dict) else {}
        found = {name: content.get(name) for name in fields or {}}
        self.check(
            f"{method} {path} answers {status} {fields or ''} (it was {answer.status} {found})",
            (answer.status, found) == (status, fields or {}),
        )
        return content

    def tickets(self, query: str, count: int) -> list[dict[str, Any]]:
        answer = self.api.call("GET", TICKETS + query)
        tickets = answer.body["results"] if answer.status == 200 else []
        return tickets if len(tickets) == count else []

    def messages(self, ticket: int, at_least: int) -> Callable[[], list[dict[str, Any]]]:
        def look() -> list[dict[str, Any]]:
            answer = self.api.call("GET", f"/mgs/requests/{ticket}/mgs/")
            messages = answer.body["results"] if answer.status == 200 else []
            return messages if len(messages) >= at_least else []

        return look

    def all_sent(self, ticket: int) -> bool:
        return {mail["state"] for mail in self.outbox(ticket)} == {"sent"}

    def outbox(self, ticket: int) -> list[dict[str, Any]]:
        answer = self.supervisor_api.call("GET", "/mail/outbox/")
        mails = answer.body["results"] if answer.status == 200 else []
        return [mail for mail in mails if mail["request"] == ticket]

    def mails_to(self, address: str) -> list[EmailMessage]:
        mails = sent_mails(self.stack.folder / "mail")
        return [mail for mail in mails if address in str(mail["To"])]

    def mail_to(self, address: str, count: int, auto: str | None, answers: str = "") -> None:
        """Wait for the nth mail to an address, and check its Auto-Submitted and In-Reply-To."""
        mails = self.wait(
            f"mail {count} to {address}",
            lambda: mails if len(mails := self.mails_to(address)) >= count else [],
        )
        mail = mails[count - 1]
        say(f"   mail to {address}: {mail['Subject']}")
        marked = mail["Auto-Submitted"] == auto
        self.check(f"mail {count} to {address} has Auto-Submitted {auto}", marked)
        if answers:
            answered = str(mail["In-Reply-To"]).strip() == answers
            self.check(f"mail {count} to {address} answers the requester's", answered)

    def wait(self, what: str, look: Callable[[], _Result]) -> _Result:
        """Return the first true result of `look`; raise LocalError when there is none in time."""
        results: list[_Result] = []

        def is_true() -> bool:
            results[:] = [look()]
            return bool(results[0])

        if not self.supervisor.wait_until(is_true, _TIMEOUT_SECONDS):
            raise LocalError(f"Waited in vain for {what}; the logs are in {self.stack.logs}.")
        return results[0]

    def check(self, what: str, holds: bool) -> None:
        if not holds:
            raise LocalError(f"Not as expected: {what}; the logs are in {self.stack.logs}.")
