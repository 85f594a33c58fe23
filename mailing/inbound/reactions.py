"""Show a requester's reaction, such as a thumb, on the ticket that it is about."""

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

    The requester is locked. Returns False for other mail, and for a reaction to an unknown mail,
    which is processed as any mail. A closed ticket stays closed, and nobody is notified.
    """
    emoji = find_gmail_reaction(mail)
    text = f"{emoji}\n{mail.text}" if emoji not in mail.text else mail.text
    if inbound.as_person or not find_reaction(mail):
        return False
    references = [*mail.in_reply_to, *reversed(mail.references)]
    candidate = matching.find_reacted_ticket(requester, references)
    if candidate is None:
        return False
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
