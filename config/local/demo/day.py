"""What operators do with each other in the demonstration."""

from config.local.demo import output as show
from config.local.demo.steps import TICKETS, Steps
from config.local.run import say


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
