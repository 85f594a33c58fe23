"""What happens in the English tickets of the sample, and in those from right to left."""

from config.local.sample import letters_later as later
from config.local.sample import people as who
from config.local.sample.acts import Operator
from config.local.sample.desk import Desk, in_hours
from config.local.sample.mails import bounce


def work_in_english(desk: Desk, staff: dict[int, Operator]) -> None:
    """Work on the English tickets."""
    emma = staff[who.EMMA]
    _export(desk, emma)
    _audit(desk, emma)
    _import(desk, emma)
    emma.answer(
        who.SOPHIE,
        "Charged twice in November",
        "Hello Sophie,\n\nyou are right, and I am sorry. One of the two payments is refunded; it "
        "takes three to five working days.",
        take=True,
        close=True,
    )
    emma.change(who.SOPHIE, tags=["billing"])
    emma.answer(
        who.CHLOE,
        "Locked out of my account",
        "Hi Chloe, you are unlocked. Good luck with the demo!",
        take=True,
        close=True,
    )
    emma.reopen(who.CHLOE)
    emma.note(who.CHLOE, "She called: locked again. Looks like an old phone that keeps trying.")
    emma.take(who.MARCUS)
    emma.change(who.MARCUS, priority="low", tags=["idea"], snoozed_until=in_hours(24 * 30))
    emma.assign(who.GRACE, to=who.TIMUR)
    emma.change(who.GRACE, priority="high", tags=["speed"])
    emma.answer(
        who.NOAM,
        "החשבונית לא נפתחת",
        "Hello Noam,\n\nthank you, I can see it: the PDF lacks a font. A new invoice comes today.",
        take=True,
    )
    emma.change(who.LAYLA, priority="low", tags=["translation"])
    staff[who.OLGA].take(who.SHOP)
    staff[who.OLGA].close(who.SHOP)


def _export(desk: Desk, emma: Operator) -> None:
    """A conversation with somebody in copy, in which the requester waits."""
    emma.take(who.JAMES)
    emma.change(who.JAMES, priority="high", tags=["export"])
    emma.answer(
        who.JAMES,
        "Export of case files stops at 2 GB",
        "Good morning James,\n\nthat is a limit of the old ZIP format, and a fix is planned for "
        "Friday. As a workaround you can **export the matter year by year**:\n\n"
        "1. open the matter;\n2. choose *Export*, then *By year*;\n3. wait for the mail.",
        quote=True,
    )
    desk.post([later.james_presses(desk.sent_answer(who.JAMES))])
    emma.note(who.JAMES, f"@{who.OLGA}, can we promise Friday? Legal deadline on Monday.")


def _audit(desk: Desk, emma: Operator) -> None:
    """An answer that comes back."""
    emma.take(who.TOM)
    emma.answer(
        who.TOM,
        "Access for our new auditor",
        "Hi Tom, done: Victor has read access to the 2025 ledgers until 31 January.",
    )
    message_id = desk.sent_answer(who.TOM)
    desk.post_mails([bounce(name="tom-bounce", recipient=who.TOM[1], message_id=message_id)])


def _import(desk: Desk, emma: Operator) -> None:
    """An answer to which a machine replies."""
    emma.answer(
        who.LAURA,
        "Import of contacts: 214 rows rejected",
        "Hi Laura,\n\nyes: Settings, Import, “Country of numbers without a code”. Choose Norway and"
        " import the rejected file again.",
        take=True,
    )
    desk.post([later.laura_is_away(desk.sent_answer(who.LAURA))])
