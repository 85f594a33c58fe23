"""What the operators of the sample do with a ticket, each by one call of the API."""

from typing import Any

from config.local.sample.desk import TICKETS, Desk

Person = tuple[str, str]


class Operator:
    """An operator at work."""

    def __init__(self, desk: Desk, operator_id: int) -> None:
        self._desk = desk
        self._id = operator_id

    def take(self, person: Person) -> None:
        """Take somebody's new ticket."""
        self._call("POST", f"/ops/{self._id}/requests/{self._desk.ticket(person)}/progress/")

    def close(self, person: Person) -> None:
        """Close somebody's ticket."""
        self._call("POST", f"/ops/{self._id}/requests/{self._desk.ticket(person)}/close/")

    def reopen(self, person: Person) -> None:
        """Reopen somebody's closed ticket."""
        self._on_ticket(person, "POST", "reopen/")

    def assign(self, person: Person, to: int) -> None:
        """Hand somebody's ticket over."""
        self._on_ticket(person, "POST", "assign/", {"operator_id": to})

    def answer(self, person: Person, subject: str, text: str, **options: Any) -> None:
        """Write to somebody; `options` are further fields of an answer."""
        ticket = self._desk.ticket(person)
        body = {
            "title": f"Re: {subject}",
            "description": text,
            "recipient_mail": person[1],
            "operator_id": self._id,
            **options,
        }
        self._call("POST", f"/mgs/requests/{ticket}/mgs/create", body)

    def note(self, person: Person, text: str) -> None:
        """Leave a note in somebody's ticket."""
        self._on_ticket(person, "POST", "notes/", {"text": text})

    def change(self, person: Person, **changes: Any) -> None:
        """Set the priority, the tags or the snoozing of somebody's ticket."""
        self._on_ticket(person, "PATCH", "", changes)

    def write_draft(self, person: Person, subject: str, text: str) -> None:
        """Begin an answer."""
        self._on_ticket(person, "PUT", "draft/", {"title": f"Re: {subject}", "text": text})

    def merge(self, person: Person, into: Person) -> None:
        """Merge somebody's ticket into another one's."""
        self._on_ticket(person, "POST", "merge/", {"into": self._desk.ticket(into)})

    def open_for(self, person: Person, **fields: Any) -> None:
        """Open a ticket for somebody who called."""
        self._call("POST", TICKETS, {"user_name": person[0], "user_email": person[1], **fields})

    def write_about(self, person: Person, text: str) -> None:
        """Keep a note about somebody."""
        ticket = self._desk.call(self._id, "GET", f"{TICKETS}{self._desk.ticket(person)}/")
        self._call("PATCH", f"/requests/requesters/{ticket['requester']}/", {"note": text})

    def add_template(self, name: str, text: str) -> None:
        """Add a template of replies."""
        self._call("POST", "/ops/templates/", {"name": name, "text": text})

    def see_all(self) -> None:
        """Look at every ticket, so that only what is written from now on is new."""
        for ticket in self._desk.call(self._id, "GET", f"{TICKETS}?page_size=200")["results"]:
            seen = {"message_count": ticket["message_count"]}
            self._call("PUT", f"{TICKETS}{ticket['request_id']}/seen/", seen)

    def fill_profile(self, name: str, address: str, language: str, signature: str) -> None:
        """Fill the own profile, unless it has an address."""
        path = "/ops/support_ops/me/"
        if self._desk.call(self._id, "GET", path)["email"]:
            return
        profile = {"operator_name": name, "email": address}
        self._call("PATCH", path, {**profile, "language": language, "signature": signature})

    def _on_ticket(self, person: Person, method: str, act: str, body: object = None) -> None:
        self._call(method, f"{TICKETS}{self._desk.ticket(person)}/{act}", body)

    def _call(self, method: str, path: str, body: object = None) -> None:
        self._desk.call(self._id, method, path, body)
