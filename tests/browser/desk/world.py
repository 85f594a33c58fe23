"""A desk with a ticket of each kind, for tests that look at all pages."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from operators.models import Operator
from tests import requester_mail
from tests.factories import (
    DraftFactory,
    OperatorFactory,
    ParticipantFactory,
    ReplyTemplateFactory,
    RequesterFactory,
)
from tickets import merging, notes, properties, services
from tickets.models import Message, Priority, Ticket

# A stranger writes this into each field that a page shows.
HOSTILE = "<img src=x onerror=\"document.title='RAN'\"><script>document.title='RAN'</script>"
ARABIC = "مرحبا، الطابعة لا تعمل منذ الصباح. هل يمكنكم المساعدة؟"
LONG_WORD = "Donaudampfschifffahrtsgesellschaft" * 12


@dataclass
class World:
    """The operators, and tickets by what is special about them."""

    maria: Operator
    petr: Operator = field(default_factory=lambda: OperatorFactory.create(name="Пётр Ильин"))
    tickets: dict[str, Ticket] = field(default_factory=dict)

    def fill(self) -> "World":
        """Make the tickets."""
        self._open("plain", "Anna Weber", "The printer is dead", "Since this morning.")
        self._open("hostile", HOSTILE[:200], HOSTILE, f"{HOSTILE}\n\n{LONG_WORD}")
        self._open("arabic", "أحمد", "الطابعة", ARABIC)
        self._work()
        ReplyTemplateFactory.create(name="Привет", created_by=self.maria)
        return self

    def _open(self, name: str, person: str, title: str, text: str, **fields: Any) -> Message:
        requester = RequesterFactory.create(email=f"{name}@client.example", name=person)
        message = requester_mail.open_ticket(
            requester=requester, title=title, text=text, written_at=timezone.now(), **fields
        )
        self.tickets[name] = message.ticket
        return message

    def _work(self) -> None:
        """Take, answer, note, snooze, merge and close some."""
        me: Any = {"by": self.maria}
        taken = self._open("taken", "Иван Петров", "Не печатает принтер", "С утра.").ticket_id
        services.take_ticket(ticket_id=taken, **me)
        services.reply(ticket_id=taken, title="Re: принтер", text="**Бумага** есть?", **me)
        notes.add_note(ticket_id=taken, text=f"На гарантии. @{self.petr.pk} {HOSTILE}", **me)
        changes: Any = {"priority": Priority.URGENT, "tags": ["принтер", "этаж-3"]}
        properties.change_ticket(ticket_id=taken, changes=changes, **me)
        properties.set_needs_attention(ticket_id=taken)
        ParticipantFactory.create(ticket_id=taken, name=HOSTILE[:255])
        DraftFactory.create(ticket_id=taken, operator=self.petr)
        snoozed = self._open("snoozed", "Bob", "Later", "No hurry.").ticket_id
        until: Any = {"snoozed_until": timezone.now() + timedelta(days=2)}
        properties.change_ticket(ticket_id=snoozed, changes=until, **me)
        merged = self._open("merged", "Clara", "The same again", "Also here.").ticket_id
        merging.merge_ticket(ticket_id=merged, into=taken, **me)
        closed = self._open("closed", "Dora", "Thanks", "It works.").ticket_id
        services.take_ticket(ticket_id=closed, **me)
        services.close_ticket(ticket_id=closed, **me)
