"""An answer in the story of a run, and mail that comes after it, for the tests of the checks."""

from dataclasses import replace

from tests.chaos.actions import AnswerOptions
from tests.chaos.mails import PERSON
from tests.chaos.snapshot import Entry, Message
from tests.chaos.story import Story, change, changed, mail, send, step, tell

MARK = "reply11x00002"
# The answer is written at 100 s and begun at 103 s.
WRITTEN_AT, BEGUN_AT = 100.0, 103.0


def answer(story: Story, *, state: str = "sent", **options: object) -> Entry:
    """Reopened and answered once more; return the step, whose message has number 4."""
    snapshot = story.snapshot
    step(story, "reopened", to="in_progress", details=changed(11, 11))
    snapshot.messages.append(Message(4, 1, 4, "operator", f"Please try again. {MARK}"))
    story.actions.options[MARK] = AnswerOptions(**options)  # type: ignore[arg-type]  # of the tests
    story.actions.written[MARK, 1] = 4
    story.actions.stored_at[MARK] = WRITTEN_AT + 0.1
    written = step(story, "operator_replied", message=4)
    send(snapshot, written.id, "reply")
    change(
        snapshot.outbox,
        -1,
        message=4,
        created_at=WRITTEN_AT,
        first_attempt_at=BEGUN_AT,
        state=state,
    )
    if state == "sent":
        change(snapshot.arrived, -1, at=BEGUN_AT + 0.1)
    else:
        change(snapshot.outbox, -1, first_attempt_at=None)
        snapshot.arrived.pop()
    return written


def write(
    story: Story, sender: str, *, ticket: int = 1, at: float = 0.0, answers: str = ""
) -> Entry:
    """A mail that is stored and acknowledged at a time, and told to the operator who holds it."""
    snapshot = story.snapshot
    number = len(snapshot.messages) + 1
    name, mark = f"mail00000{number}", f"mark00000{number}"
    generated = replace(mail(number, PERSON, mark), sender=sender, answers=answers)
    story.mails.append(generated)
    story.answers[name] = ["accepted"]
    story.acknowledged_at[name] = at
    inbound = snapshot.inbox[0]._replace(
        id=number, external_id=name, message=number, sender=sender, received_at=at
    )
    snapshot.inbox.append(inbound)
    is_participant = sender != snapshot.tickets[ticket - 1].requester
    in_ticket = sum(message.ticket == ticket for message in snapshot.messages)
    message = Message(number, ticket, in_ticket + 1, "user", mark, sender if is_participant else "")
    snapshot.messages.append(message)
    entry = step(story, "requester_wrote", ticket=ticket, by=None, message=number)
    if snapshot.tickets[ticket - 1].operator:
        tell(snapshot, 11, (entry.id, "message"))
    return entry
