"""The running desk, as the operators of the sample and the support mailbox use it."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from config.local.client import Api
from config.local.credentials import write_credentials
from config.local.errors import LocalError
from config.local.processes.supervisor import Supervisor
from config.local.sample.mails import Letter, for_webhook
from config.local.stack import Stack

TICKETS = "/requests/user_requests/"
_TIMEOUT_SECONDS = 30.0
_INBOX_PAGE = "/mail/inbox/?state=received&page_size=1"


class Desk:
    """Calls of the API by operators, and mails for the webhook; what fails raises LocalError."""

    def __init__(self, stack: Stack, supervisor: Supervisor) -> None:
        self._stack = stack
        self._supervisor = supervisor
        credentials = json.loads(write_credentials(stack).read_text())
        self._secret = credentials["webhook_secret"]
        self.boss: int = credentials["supervisor_id"]
        self._apis: dict[int, Api] = {
            self.boss: stack.api(credentials["supervisor_token"]),
            credentials["operator_id"]: stack.api(credentials["operator_token"]),
        }
        self._issued: list[str] = []

    def has(self, address: str) -> bool:
        """Return whether somebody has written to the desk before."""
        found = self.call(self.boss, "GET", f"/requests/requesters/?search={quote(address)}")
        return bool(found["results"])

    def add_operator(self, operator_id: int, name: str) -> None:
        """Add an operator, unless there is one with this id, and let them act here."""
        path = f"/ops/support_ops/{operator_id}/"
        if self._apis[self.boss].call("GET", path).status == 404:
            fields = {"operator_id": operator_id, "operator_name": name}
            self.call(self.boss, "POST", "/ops/support_ops/", fields)
        if operator_id not in self._apis:
            issued = self.call(self.boss, "POST", f"{path}tokens/")
            self._apis[operator_id] = self._stack.api(issued["token"])
            self._issued.append(f"{path}tokens/{issued['token_id']}/")

    def revoke_tokens(self) -> None:
        """Revoke the tokens that were issued for this run."""
        while self._issued:
            self.call(self.boss, "DELETE", self._issued.pop())

    def call(self, by: int, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Return what the API answers to an operator."""
        answer = self._apis[by].call(method, path, body)
        if not 200 <= answer.status < 300:
            problem = f"{method} {path} by operator {by}: {answer.status} {answer.body}"
            raise LocalError(f"The sample cannot be made. {problem}")
        return answer.body if isinstance(answer.body, dict) else {}

    def post(self, letters: Sequence[Letter]) -> None:
        """Post letters to the webhook, and wait until they are in their tickets."""
        self.post_mails([for_webhook(letter) for letter in letters])

    def post_mails(self, mails: Sequence[tuple[str, int, bytes]]) -> None:
        """Post mails to the webhook, and wait until they are processed."""
        answer = self._apis[self.boss].post_mails(self._secret, mails)
        if answer.status != 202:
            raise LocalError(f"The sample cannot be made. The webhook answers {answer.status}.")
        self._wait("the mails", lambda: not self._call_boss(_INBOX_PAGE)["results"])

    def ticket(self, person: tuple[str, str]) -> int:
        """Return the number of somebody's last ticket."""
        query = f"?requester={quote(person[1])}&ordering=-request_id&page_size=1"
        (ticket,) = self._call_boss(f"{TICKETS}{query}")["results"]
        return int(ticket["request_id"])

    def sent_answer(self, person: tuple[str, str]) -> str:
        """Return the Message-ID of the last answer to somebody, as soon as it has left."""
        path = f"/mail/outbox/?recipient={quote(person[1])}&page_size=200"

        def sent() -> list[str]:
            mails = [mail for mail in self._call_boss(path)["results"] if mail["kind"] == "reply"]
            last = max(mails, key=lambda mail: int(mail["id"]))
            return [last["message_id"]] if last["state"] == "sent" else []

        return str(self._wait(f"the answer to {person[1]}", sent)[0])

    def _call_boss(self, path: str) -> dict[str, Any]:
        return self.call(self.boss, "GET", path)

    def _wait(self, what: str, look: Callable[[], Any]) -> Any:
        found: list[Any] = []

        def is_there() -> bool:
            found[:] = [look()]
            return bool(found[0])

        if not self._supervisor.wait_until(is_there, _TIMEOUT_SECONDS):
            raise LocalError(f"The sample cannot be made: waited in vain for {what}.")
        return found[0]


def in_hours(hours: float) -> str:
    """Return a later time, as the API takes it."""
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()
