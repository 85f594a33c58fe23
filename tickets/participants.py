"""The people in copy of a ticket: operators add and remove them, the requester's mails add them."""

from collections.abc import Collection, Iterable, Sequence

from django.db import transaction
from django.db.models.functions import Lower
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from operators.mailboxes import canonical_address, mailbox, same_mailbox
from operators.models import Operator
from operators.own_addresses import is_own_address
from tickets.changes import Change, check_version, lock_ticket
from tickets.exceptions import TooManyParticipants
from tickets.locking import Sender
from tickets.models import Event, Participant, Requester, Ticket
from tickets.signals import participant_proposed

MOST_PARTICIPANTS = 20


@transaction.atomic
def add_participant(
    *, ticket_id: int, email: str, by: Operator, version: int | None = None
) -> tuple[Participant, bool]:
    """Add somebody to a ticket, also one who was removed; return them, and whether they are new.

    version: which the ticket must have; None for any, here and below.
    Raises `Http404`, `StaleVersion`, `TooManyParticipants`, and `ValidationError` for an address
    that is ours, an operator's, a machine's or the requester's.
    """
    ticket = lock_ticket(ticket_id=ticket_id)
    if reason := _reason_to_refuse(email, ticket.requester):
        raise ValidationError({"email": [reason]})
    check_version(ticket, version)
    known = ticket.participants.filter(canonical_email=canonical_address(email)).first()
    if known is not None and not known.is_removed:
        return known, False
    if ticket.participants.filter(is_removed=False).count() >= MOST_PARTICIPANTS:
        raise TooManyParticipants
    added = known or Participant(
        ticket=ticket, email=email.lower(), canonical_email=canonical_address(email)
    )
    added.is_removed, added.merged_from = False, None
    added.save()
    change = Change(ticket, by=by)
    change.record(Event.PARTICIPANT_ADDED, after=added.email)
    change.save()
    return added, True


@transaction.atomic
def remove_participant(
    *, ticket_id: int, participant_id: int, by: Operator, version: int | None = None
) -> None:
    """Remove somebody from a ticket; a mail that has them in copy does not add them again.

    Raises `Http404` and `StaleVersion`.
    """
    ticket = lock_ticket(ticket_id=ticket_id)
    removed = ticket.participants.filter(pk=participant_id, is_removed=False).first()
    if removed is None:
        raise Http404
    check_version(ticket, version)
    removed.is_removed = True
    removed.save(update_fields=["is_removed"])
    change = Change(ticket, by=by)
    change.record(Event.PARTICIPANT_REMOVED, before=removed.email)
    change.save()


def find_operators(addresses: Collection[str]) -> set[str]:
    """Return those of these addresses that are operators', also with a "+tag" of their own."""
    if not addresses:
        return set()
    spellings = {address: {address.lower(), mailbox(address)} for address in addresses}
    rows = Operator.objects.exclude(email="").annotate(lowered=Lower("email"))
    wanted = {spelling for of_address in spellings.values() for spelling in of_address}
    known = set(rows.filter(lowered__in=wanted).values_list("lowered", flat=True))
    return {address for address, of_address in spellings.items() if of_address & known}


class ParticipantLists:
    """Who takes part in some locked tickets besides their requesters, as mails add people."""

    def __init__(self, tickets: Iterable[Ticket]) -> None:
        """Read them; a ticket that is not among these is new and has no participants."""
        # By the ticket's identity, since a new one has no number yet; whether they were removed, by
        # `Sender.key`.
        self._removed: dict[int, dict[str, bool]] = {}
        by_number = {ticket.pk: ticket for ticket in tickets}
        rows = Participant.objects.filter(ticket__in=by_number)
        values = rows.values_list("ticket_id", "canonical_email", "is_removed")
        for ticket_id, key, is_removed in values if by_number else ():
            self._removed.setdefault(id(by_number[ticket_id]), {})[key] = is_removed

    def has(self, ticket: Ticket, key: str) -> bool:
        """Return whether somebody takes part in a ticket now."""
        return not self._removed.get(id(ticket), {}).get(key, True)

    def add(self, ticket: Ticket, people: Sequence[Sender]) -> list[Sender]:
        """Add people to a ticket as long as it has room; return those that are new to it."""
        if not people:
            return []
        removed = self._removed.setdefault(id(ticket), {})
        room = MOST_PARTICIPANTS - sum(not is_removed for is_removed in removed.values())
        unknown = {person.key: person for person in people if person.key not in removed}
        added = list(unknown.values())[: max(room, 0)]
        removed.update(dict.fromkeys((person.key for person in added), False))
        return added


def _reason_to_refuse(email: str, requester: Requester) -> str:
    if is_own_address(email):
        return _("This is an address of this desk itself.")
    if same_mailbox(email, requester.email):
        return _("This is the requester's own address.")
    if find_operators([email]):
        return _("This is an operator's address.")
    return _find_machine(email)


def _find_machine(address: str) -> str:
    """Return why an address is no person's, "" if it may be one's."""
    answers = participant_proposed.send(sender=Ticket, address=address.lower())
    return next((str(answer) for _receiver, answer in answers if answer), "")
