"""The operators' day in the demonstration: what they do with each other and with two tickets."""

from typing import Any
from urllib.parse import quote

from config.local.demo import output as show
from config.local.demo.mails import VERA, compose
from config.local.demo.steps import TICKETS, Steps
from config.local.run import say

OPERATOR = "operator@desk.example"
SUPERVISOR = "supervisor@desk.example"


def leave_a_note(steps: Steps, ticket: int) -> None:
    """Write a note into a ticket, and show the ticket's timeline with it."""
    show.title("The operator leaves a note for the colleagues, which no requester sees")
    note = "Картридж меняли в октябре, проверьте его."
    steps.call("POST", f"{TICKETS}{ticket}/notes/", 201, {"text": note}, {"text": note})
    timeline = steps.call("GET", f"{TICKETS}{ticket}/timeline/", 200)["results"]
    for entry in timeline:
        text = entry["event"] if entry["type"] == "event" else " ".join(entry["text"].split())
        say(f"   {entry['type']:8} {text[:70]}")
    kinds = [entry["type"] for entry in timeline]
    steps.check("its timeline has it", kinds == ["message", "event", "note", "event"])


def find_a_second_one(steps: Steps, ticket: int) -> int:
    """Let Vera write about the same matter; return her ticket's id, as a search finds it."""
    show.title("Vera writes about the same printer; a search finds her ticket beside Anna's")
    mail = compose(
        "demo-5",
        sender=VERA,
        subject="Принтер на третьем этаже",
        text="Коллеги, наш принтер не печатает.\n",
    )
    steps.post([mail], ["accepted"])
    steps.mail_to(VERA[1], 1, "auto-replied", mail.message_id)
    words = "печатает принтеры -бумага"
    answer = steps.call("GET", f"{TICKETS}?search={quote(words)}&status=new", 200)
    say(f"   found by {words!r}:")
    for found in answer["results"]:
        say(f"   ticket #{found['request_id']} of {found['user_email']}: {found['snippet']}")
    hers, annas = (found["request_id"] for found in answer["results"])
    steps.check("the search finds both, the newest first", annas == ticket)
    return int(hers)


def merge(steps: Steps, ticket: int, into: int) -> None:
    """Merge Vera's ticket into Anna's."""
    show.title("The operator merges Vera's ticket into Anna's; nobody is mailed about that")
    merged = steps.call(
        "POST",
        f"{TICKETS}{ticket}/merge/",
        200,
        {"status": "closed", "merged_into": into},
        {"into": into},
    )
    say(f"   ticket #{ticket} is {merged['status']}, merged into #{merged['merged_into']}")
    people = [person["email"] for person in _get(steps, into)["participants"]]
    say(f"   participants of #{into}: {', '.join(people)}")
    steps.check("Vera is a participant of Anna's", people == [VERA[1]])


def tell_the_holder(steps: Steps, ticket: int) -> None:
    """Let the operator take the ticket, and Vera answer: the operator is told by mail."""
    show.title(
        "The operator takes the ticket; Vera's next mail comes into it, and tells the holder"
    )
    email = {"email": OPERATOR}
    steps.call("PATCH", "/ops/support_ops/me/", 200, email, email)
    steps.call("POST", f"/ops/{steps.operator}/requests/{ticket}/progress/", 200)
    notice = steps.mails_to(VERA[1])[0]
    mail = compose(
        "demo-6",
        sender=VERA,
        subject=f"Re: {notice['Subject']}",
        text="Он мигает красным.\n",
        answers=str(notice["Message-ID"]).strip(),
    )
    steps.post([mail], ["accepted"])
    messages = steps.wait("Vera's message in Anna's ticket", steps.messages(ticket, 2))
    steps.check("the message is hers", messages[1]["sender_id"] == VERA[1])
    steps.mail_to(OPERATOR, 1, "auto-generated")


def hand_over(steps: Steps, ticket: int) -> None:
    """Give the ticket to the supervisor, who is told by mail."""
    show.title("The operator hands the ticket over to the supervisor, who is told by mail")
    email = {"email": SUPERVISOR}
    steps.call(
        "PATCH", f"/ops/support_ops/{steps.supervisor_id}/", 200, email, email, by_supervisor=True
    )
    steps.call(
        "POST",
        f"{TICKETS}{ticket}/assign/",
        200,
        {"operator": steps.supervisor_id, "waiting_on": "operator"},
        {"operator_id": steps.supervisor_id},
    )
    steps.mail_to(SUPERVISOR, 1, "auto-generated")


def _get(steps: Steps, ticket: int) -> dict[str, Any]:
    return steps.call("GET", f"{TICKETS}{ticket}/", 200)
