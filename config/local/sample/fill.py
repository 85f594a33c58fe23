"""Fill a desk: people write, operators work, people write again, and it moves back in time."""

from collections.abc import Callable
from datetime import UTC, datetime

from config.local.processes.supervisor import Supervisor
from config.local.sample import letters_en, letters_later, letters_ru
from config.local.sample import people as who
from config.local.sample.acts import Operator
from config.local.sample.ages import move_back
from config.local.sample.desk import Desk
from config.local.sample.english_day import work_in_english
from config.local.sample.russian_day import close_earlier, work_in_russian
from config.local.stack import Stack


def fill(stack: Stack, supervisor: Supervisor, *, say: Callable[[str], None]) -> None:
    """Make the sample in a running desk that does not have it yet.

    say: shows a line to the person at the terminal.

    Raises LocalError when a call or a mail has another result than expected.
    """
    desk = Desk(stack, supervisor)
    if desk.has(who.ANNA[1]):
        say("  sample: its tickets are there already")
        return
    say("  sample: tickets in Russian and English are made; this takes less than a minute ...")
    began_at = datetime.now(UTC)
    try:
        staff = _hire(desk)
        desk.post(letters_ru.EARLIER)
        close_earlier(staff)
        desk.post([*letters_ru.LETTERS, *letters_en.LETTERS])
        work_in_russian(desk, staff)
        work_in_english(desk, staff)
        staff[who.MARIA].see_all()
        desk.post(letters_later.LATEST)
    finally:
        desk.revoke_tokens()
    move_back(stack, supervisor, began_at=began_at)
    say("  sample: done")


def _hire(desk: Desk) -> dict[int, Operator]:
    """Return the operators, with their names, addresses and the templates that they share."""
    staff = {}
    for operator_id, profile in who.OPERATORS.items():
        desk.add_operator(operator_id, profile[0])
        staff[operator_id] = Operator(desk, operator_id)
        staff[operator_id].fill_profile(*profile)
    for name, text in who.TEMPLATES.items():
        staff[who.MARIA].add_template(name, text)
    return staff
