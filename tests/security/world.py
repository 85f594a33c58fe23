"""One row of each kind that a URL can name, and every kind of caller, for the tests of access."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone
from rest_framework.test import APIClient

from mailing.models import Block, InboundEmail, OutboundEmail
from operators import services
from operators.models import Operator, OperatorToken
from tests.factories import (
    BlockFactory,
    DraftFactory,
    HistoryEntryFactory,
    InboundEmailFactory,
    MessageFactory,
    NoteFactory,
    OperatorFactory,
    OutboundEmailFactory,
    ParticipantFactory,
    ReplyTemplateFactory,
    TicketFactory,
)
from tests.webhook import signature_headers
from tickets.files import uploads
from tickets.models import Attachment, Message, Participant, ReplyTemplate, Ticket
from tickets.note_models import Note

OLD_KEY, WRONG_KEY = b"o" * 32, b"w" * 32


@dataclass
class World:
    """Rows whose ids fill in the paths of `rows.TABLE`."""

    boss: Operator = field(
        default_factory=lambda: OperatorFactory.create(pk=901, is_supervisor=True)
    )
    me: Operator = field(default_factory=lambda: OperatorFactory.create(pk=902))
    other: Operator = field(default_factory=lambda: OperatorFactory.create(pk=903))
    gone: Operator = field(default_factory=lambda: OperatorFactory.create(pk=904))
    ticket: Ticket = field(default_factory=TicketFactory.create)
    token: OperatorToken = field(init=False)
    own_token: OperatorToken = field(init=False)
    taken: Ticket = field(init=False)
    message: Message = field(init=False)
    file: Attachment = field(init=False)
    quarantined: InboundEmail = field(init=False)
    ignored: InboundEmail = field(init=False)
    failed: OutboundEmail = field(init=False)
    queued: OutboundEmail = field(init=False)
    note: Note = field(init=False)
    participant: Participant = field(init=False)
    template: ReplyTemplate = field(init=False)
    block: Block = field(init=False)
    merged: Ticket = field(init=False)
    closed: Ticket = field(init=False)
    scheduled: Message = field(init=False)

    def __post_init__(self) -> None:
        self.token, _text = services.issue_token(operator=self.other)
        self.own_token, _text = services.issue_token(operator=self.me)
        self.taken = TicketFactory.create(status="in_progress", operator=self.me)
        self.message = MessageFactory.create(ticket=self.taken, html="<p>Hello")
        MessageFactory.create(ticket=self.taken, number=2, sender_type="operator", operator=self.me)
        HistoryEntryFactory.create(ticket=self.taken, event="taken", operator=self.me)
        uploaded = SimpleUploadedFile("a.txt", b"text")
        files = uploads.receive_uploads([uploaded])
        (self.file,) = uploads.add_uploads(ticket=self.taken, by=self.me, files=files)
        self.ignored = InboundEmailFactory.create(
            state="ignored", reason="an auto-reply", processed_at=timezone.now()
        )
        self.quarantined = InboundEmailFactory.create(
            state="quarantined", reason="it hangs", processed_at=timezone.now()
        )
        self.failed = OutboundEmailFactory.create(
            state="failed", reason="refused", next_attempt_at=None
        )
        self.queued = OutboundEmailFactory.create()
        self._fill_the_desk()

    def _fill_the_desk(self) -> None:
        later = timezone.now() + timedelta(hours=1)
        self.scheduled = MessageFactory.create(
            ticket=self.taken, sender_type="operator", operator=self.me
        )
        OutboundEmailFactory.create(
            kind="reply",
            ticket=self.taken,
            message=self.scheduled,
            next_attempt_at=later,
            send_at=later,
        )
        self.note = NoteFactory.create(ticket=self.taken, author=self.me)
        self.participant = ParticipantFactory.create(ticket=self.taken)
        for writer in (self.me, self.other, self.boss):
            DraftFactory.create(ticket=self.taken, operator=writer)
        self.template = ReplyTemplateFactory.create(created_by=self.me)
        self.block = BlockFactory.create(created_by=self.boss)
        self.merged = TicketFactory.create(
            status="closed", operator=self.me, merged_into=self.taken
        )
        self.closed = TicketFactory.create(status="closed", operator=self.me)
        HistoryEntryFactory.create(
            ticket=self.merged,
            event="merged",
            operator=self.me,
            status_after="closed",
            details={
                "before": {
                    "status": "in_progress",
                    "operator": self.me.pk,
                    "waiting_on": "operator",
                    "waiting_since": "2026-11-23T09:00:00Z",
                    "snoozed_until": None,
                },
                "after": {"into": self.taken.pk},
            },
        )

    def path(self, template: str) -> str:
        return template.format(
            me=self.me.pk,
            other=self.other.pk,
            token=self.token.token_id,
            own_token=self.own_token.token_id,
            ticket=self.ticket.pk,
            taken=self.taken.pk,
            message=self.message.pk,
            scheduled=self.scheduled.pk,
            file=self.file.pk,
            quarantined=self.quarantined.pk,
            ignored=self.ignored.pk,
            failed=self.failed.pk,
            queued=self.queued.pk,
            note=self.note.pk,
            participant=self.participant.pk,
            template=self.template.pk,
            block=self.block.pk,
            merged=self.merged.pk,
            closed=self.closed.pk,
            requester=self.ticket.requester_id,
        )


def _token(operator: Operator) -> dict[str, str]:
    return {"Authorization": f"Token {services.issue_token(operator=operator)[1]}"}


def _expired(world: World) -> dict[str, str]:
    row, text = services.issue_token(operator=world.me)
    OperatorToken.objects.filter(pk=row.pk).update(expiry=timezone.now() - timedelta(seconds=1))
    return {"Authorization": f"Token {text}"}


def _revoked(world: World) -> dict[str, str]:
    row, text = services.issue_token(operator=world.me)
    services.revoke_token(operator_id=world.me.pk, token_id=row.token_id)
    return {"Authorization": f"Token {text}"}


def _deactivated(world: World) -> dict[str, str]:
    headers = _token(world.gone)
    # Not by the service, which would revoke the token, too.
    Operator.objects.filter(pk=world.gone.pk).update(is_active=False)
    return headers


def _seconds(ago: int) -> int:
    return int(timezone.now().timestamp()) - ago


# Kinds of callers, and the headers of their calls with a body.
CALLERS: dict[str, Callable[[World, bytes], dict[str, str]]] = {
    "none": lambda world, body: {},
    "wrong token": lambda world, body: {"Authorization": "Token " + "0" * 64},
    "another scheme": lambda world, body: {"Authorization": "Basic OTAxOng="},
    "revoked token": lambda world, body: _revoked(world),
    "expired token": lambda world, body: _expired(world),
    "deactivated": lambda world, body: _deactivated(world),
    "operator": lambda world, body: _token(world.me),
    "another operator": lambda world, body: _token(world.other),
    "supervisor": lambda world, body: _token(world.boss),
    "signed": lambda world, body: signature_headers(body),
    "replayed": lambda world, body: signature_headers(body),
    "signed, old secret": lambda world, body: signature_headers(body, key=OLD_KEY),
    "too late": lambda world, body: signature_headers(body, timestamp=_seconds(310)),
    "too early": lambda world, body: signature_headers(body, timestamp=_seconds(-310)),
    "wrong secret": lambda world, body: signature_headers(body, key=WRONG_KEY),
    "another body": lambda world, body: signature_headers(body + b" "),
    "operator's session": lambda world, body: {},
    "supervisor's session": lambda world, body: {},
}


def call(
    world: World, caller: str, method: str, path: str, given: Any = None, *, is_form: bool = False
) -> Any:
    """Call a URL with a JSON body or a form as this kind of caller, and return the response."""
    client: Client = APIClient()
    if caller.endswith("session"):
        client.force_login(world.boss if caller.startswith("supervisor") else world.me)
    if is_form:
        headers = CALLERS[caller](world, b"")
        content, kind = encode_multipart(BOUNDARY, given or {}), MULTIPART_CONTENT
        return client.generic(method, path, content, content_type=kind, headers=headers)
    content = json.dumps(given).encode() if given else b""
    headers = CALLERS[caller](world, content)
    kind = "application/json"
    if caller == "replayed":
        client.generic(method, path, content, content_type=kind, headers=headers)
    return client.generic(method, path, content, content_type=kind, headers=headers)
