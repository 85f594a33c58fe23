"""Use a whole service with planted secrets, addresses and texts, and keep all that it answers."""

import dataclasses
import json
import os
import re
import signal
import time
from email import message_from_bytes
from typing import Any
from urllib.parse import urlencode

from config.local.client import Api
from config.local.credentials import write_credentials
from config.local.processes.supervisor import Supervisor
from config.local.secrets_file import load_secrets
from config.local.stack import Stack
from tests.security.browser import Browser
from tests.smtp_server import SmtpServer
from tests.webhook import internal_date

SENDER = "planted.sender"
WORDS = {
    "address": f"{SENDER}@customers.example",
    "copied": "planted.copied@customers.example",
    "operator": "planted.operator@desk.example",
    "subject": "Planted-subject",
    "body": "planted-body",
    "file name": "planted-name.txt",
    "file": "planted-content",
    "reply": "planted-reply",
    "note": "planted-note",
    "old note": "planted-older-note",
    "draft": "planted-draft",
    "template": "planted-template",
    "mail password": "planted-mail-password",
    "S3 key": "planted-s3-secret-key",
}

RAW = (
    f"From: Planted Person <{WORDS['address']}>\r\nCc: {WORDS['copied']}\r\n"
    f"Subject: {WORDS['subject']}\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    f"--b\r\nContent-Type: text/plain\r\n\r\n{WORDS['body']}\r\n"
    f"--b\r\nContent-Type: text/plain\r\n"
    f"Content-Disposition: attachment; filename={WORDS['file name']}\r\n\r\n{WORDS['file']}\r\n"
    "--b--\r\n"
).encode()


class Run:
    """Uses the running service, and keeps all texts that it answers."""

    def __init__(self, stack: Stack, supervisor: Supervisor, smtp: SmtpServer) -> None:
        self.stack, self.supervisor, self.smtp = stack, supervisor, smtp
        self.texts: dict[str, str] = {}
        credentials = json.loads(write_credentials(stack).read_text())
        kept = dataclasses.asdict(load_secrets(stack.folder / "secrets.json"))
        self.secrets = {
            **kept,
            "supervisor_token": credentials["supervisor_token"],
            "operator_token": credentials["operator_token"],
            "supervisor_password": credentials["supervisor_password"],
        }
        self.password = credentials["supervisor_password"]
        self.operator_id = credentials["operator_id"]
        self.operator = stack.api(credentials["operator_token"])
        self.api = stack.api(credentials["supervisor_token"])
        self.webhook_secret = credentials["webhook_secret"]

    def everything(self) -> None:
        self.smtp.answer(
            "AUTH", f"535 5.7.8 {WORDS['mail password']} is wrong for {WORDS['address']}"
        )
        self.smtp.answer("RCPT", "250 OK", f"550 5.1.1 <{WORDS['address']}> unknown")
        self.post("m1", b"X-Fail: yes\r\n" + RAW)  # raises in processing, three times
        self.post("m2", RAW.replace(SENDER.encode(), b"planted.sender2"))
        self.wait(lambda: len(self.tickets()) == 1)
        self.reply_to_the_ticket()
        self.errors()
        self.wait(lambda: self.count("/mail/outbox/?state=failed") == 1, 40)
        self.wait(lambda: self.count("/mail/inbox/?state=quarantined") == 1, 40)
        self.notes_drafts_and_templates()
        self.admin()
        self.without_redis_and_postgres()

    def post(self, name: str, raw: bytes) -> None:
        answer = self.stack.api().post_mails(self.webhook_secret, [(name, internal_date(), raw)])
        assert answer.status == 202

    def wait(self, condition: Any, seconds: float = 30) -> None:
        assert self.supervisor.wait_until(condition, seconds)

    def tickets(self) -> list[Any]:
        return list(self.operator.call("GET", "/requests/user_requests/").body["results"])

    def count(self, path: str) -> int:
        return len(self.api.call("GET", path).body["results"])

    def reply_to_the_ticket(self) -> None:
        (ticket,) = self.tickets()
        number = ticket["request_id"]
        actions = f"/ops/{self.operator_id}/requests/{number}"
        assert self.operator.call("POST", f"{actions}/progress/").status == 200
        body = {
            "title": WORDS["subject"],
            "description": WORDS["reply"],
            "recipient_mail": ticket["user_email"],
            "operator_id": self.operator_id,
        }
        created = self.operator.call("POST", f"/mgs/requests/{number}/mgs/create", body)
        assert created.status == 201
        changed = {"email": WORDS["operator"]}
        assert (
            self.api.call("PATCH", f"/ops/support_ops/{self.operator_id}/", changed).status == 200
        )

    def notes_drafts_and_templates(self) -> None:
        """Write what only operators may read; keep the history, and the mail that went out."""
        ticket = self.tickets()[0]  # the mail without an id of its own may have opened another
        path = f"/requests/user_requests/{ticket['request_id']}/"
        old = {"text": f"@{self.operator_id} {WORDS['old note']}"}
        note = self.api.call("POST", f"{path}notes/", old).body["id"]
        new = {"text": f"{WORDS['note']} @{self.operator_id}"}
        assert self.api.call("PATCH", f"{path}notes/{note}/", new).status == 200
        draft = {"title": WORDS["draft"], "text": WORDS["draft"]}
        assert self.operator.call("PUT", f"{path}draft/", draft).status == 200
        draft["files"] = "x"
        refused = self.operator.call("PUT", f"{path}draft/", draft)
        self.texts["error draft"] = json.dumps(refused.body)
        template = {"name": WORDS["template"], "text": f"{WORDS['template']} {{{{ title }}}}"}
        assert self.operator.call("POST", "/ops/templates/", template).status == 201
        closing = f"/ops/{self.operator_id}/requests/{ticket['request_id']}/close/"
        assert self.operator.call("POST", closing).status == 200
        self.wait(lambda: self.count("/mail/outbox/?state=queued") == 0)
        self.texts["history"] = json.dumps(self.operator.call("GET", path).body)
        for number, mail in enumerate(self.smtp.received):
            parts = message_from_bytes(mail.content).walk()
            decoded = [str(part.get_payload(decode=True)) for part in parts]
            self.texts[f"mail {number}"] = "\n".join([str(mail.content), *decoded])

    def errors(self) -> None:
        """Cause every kind of error with planted values, and keep the responses."""
        planted = urlencode({"status": WORDS["body"], "recipient": WORDS["address"]})
        wrong = Api(self.stack.base_url, token=self.secrets["operator_token"] + "x")
        calls: list[tuple[str, Api, str, str, Any]] = [
            ("404", self.api, "GET", f"/{WORDS['address']}/{WORDS['body']}", None),
            ("401", wrong, "GET", f"/requests/user_requests/?{planted}", None),
            ("400 id", self.api, "POST", "/ops/support_ops/", {"operator_id": WORDS["body"]}),
            ("403", self.operator, "GET", f"/mail/outbox/?{planted}", None),
            ("409", self.operator, "POST", f"/ops/{self.operator_id}/requests/1/progress/", None),
            ("webhook 401", self.stack.api(), "POST", "/requests/webhook/email/", {"messages": []}),
        ]
        for name, client, method, path, body in calls:
            answer = client.call(method, path, body)
            assert 400 <= answer.status < 500, (name, answer.status)
            self.texts[f"error {name}"] = json.dumps(answer.body, ensure_ascii=False)
        signed_wrongly = Api(self.stack.base_url).post_mails(
            "whsec_" + "A" * 43 + "=", [("m9", internal_date(), RAW)]
        )
        assert signed_wrongly.status == 401
        self.texts["error signature"] = json.dumps(signed_wrongly.body)
        rejected = self.stack.api().post_mails(self.webhook_secret, [("", internal_date(), RAW)])
        self.texts["rejected mail"] = json.dumps(rejected.body)

    def admin(self) -> None:
        """Sign in to the admin and read every page that a link leads to."""
        browser = Browser(self.stack.base_url)
        page = browser.read("/admin/login/")
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        form = {"csrfmiddlewaretoken": token[1], "username": "1", "password": self.password}
        browser.read("/admin/login/", {**form, "password": "x" + self.password})
        browser.read("/admin/login/", form)
        pages = browser.read_all("/admin/")
        assert len(pages) > 30
        for path, page in pages.items():
            self.texts[f"admin {path}"] = re.sub(r'value="[^"]{64}"', "", page)

    def without_redis_and_postgres(self) -> None:
        """Kill Redis and PostgreSQL, and post mail while they are down."""
        for part in ("valkey", "postgres"):
            os.kill(self.supervisor.pid(part), signal.SIGKILL)
            answer = self.stack.api().post_mails(
                self.webhook_secret, [(f"away-{part}", internal_date(), RAW)]
            )
            self.texts[f"error without {part}"] = json.dumps(answer.body)
            self.texts[f"readyz without {part}"] = json.dumps(
                self.stack.api().call("GET", "/readyz").body
            )
            time.sleep(1)
            self.wait(lambda part=part: self.supervisor.is_ready(part))
