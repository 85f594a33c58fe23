"""Show a reaction, such as a thumb, on the ticket that it is about."""

from mailing.classification.reactions import find_gmail_reaction, find_reaction
from mailing.classification.rules import Verdict
from mailing.inbound import matching, outcomes
from mailing.inbound.message_content import origin
from mailing.inbound.states import State
from mailing.models import InboundEmail
from mailing.parsing.message import ParsedEmail
from tickets import services
from tickets.models import Requester


def add_reaction(
    inbound: InboundEmail, mail: ParsedEmail, verdict: Verdict, requester: Requester
) -> bool:
    """Add a reaction to the ticket that it is about, and record the end of its processing.

    The requester, whose reaction it is, is locked. A closed ticket stays closed, and nobody is
    notified. Of somebody else than the ticket's requester only the reaction is shown. A reaction to
    an unknown mail is ignored if the mail's structure makes it one, as Gmail's does. Returns False
    for mail that is to be processed as any other.
    """
    reaction = find_reaction(mail)
    if inbound.as_person or not reaction:
        return False
    references = [*mail.in_reply_to, *reversed(mail.references)]
    candidate = matching.find_reacted_ticket(requester, references)
    if candidate is None:
        if find_gmail_reaction(mail):
            outcomes.record_end(
                inbound, State.IGNORED, f"a reaction to an unknown mail: {reaction}"
            )
            return True
        return False
    text = mail.text if reaction in mail.text else f"{reaction}\n{mail.text}"
    if candidate.ticket.requester_id != requester.pk:
        text = f"{reaction}\n{requester.email}"
    match = matching.Match("reaction", candidate.evidence)
    inbound.message = services.add_reaction(
        ticket=services.lock_ticket(ticket_id=candidate.ticket.pk),
        title=mail.subject,
        text=text,
        written_at=inbound.internal_date,
        origin=origin(inbound, mail, verdict, match),
    )
    inbound.ticket = inbound.message.ticket
    outcomes.record_end(inbound, State.PROCESSED)
    return True
