"""What an invitation, an answer to one and a cancellation say."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailing.parsing import calendar
from mailing.parsing.message import parse
from tests.mailing.parsing.samples import files_of, multipart

TIMEZONE = (
    "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:STANDARD\nDTSTART:16010101T030000\nEND:STANDARD\n"
    "BEGIN:DAYLIGHT\nDTSTART:16010101T020000\nEND:DAYLIGHT\nEND:VTIMEZONE\n"
)
ALARM = "BEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:REMINDER\nSUMMARY:Ring\nEND:VALARM\n"


def event(*lines: str, method: str = "REQUEST") -> str:
    inner = "".join(f"{line}\n" for line in lines)
    return (
        f"BEGIN:VCALENDAR\nMETHOD:{method}\n{TIMEZONE}BEGIN:VEVENT\n{ALARM}{inner}END:VEVENT\n"
        "END:VCALENDAR\n"
    )


def answer(attendee: str) -> str:
    return event("SUMMARY:Plan", f"ATTENDEE;{attendee}", method="REPLY")


def test_only_the_event_itself_has_the_start_and_the_description() -> None:
    source = event("SUMMARY:Plan", "DTSTART;TZID=Europe/Berlin:20261201T100000")

    assert calendar.describe(source) == (
        "Invitation\nSUMMARY: Plan\nDTSTART: 2026-12-01 10:00 (Europe/Berlin)"
    )


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("DTSTART;VALUE=DATE:20261201", "2026-12-01"),
        ("DTSTART:20261201T090000Z", "2026-12-01 09:00 (UTC)"),
        ("DTSTART:20261201T090000", "2026-12-01 09:00"),
        (
            'DTSTART;TZID="(UTC+01:00) Berlin":20261201T100000',
            "2026-12-01 10:00 ((UTC+01:00) Berlin)",
        ),
        ("DTSTART:tomorrow", "tomorrow"),
        ('DTSTART;TZID="never closed:20261201', "2026-12-01"),
    ],
)
def test_a_time_is_shown_with_its_zone(line: str, shown: str) -> None:
    assert f"DTSTART: {shown}" in calendar.describe(event(line)).split("\n")


@pytest.mark.parametrize(
    ("source", "first_line"),
    [
        (event("SUMMARY:Plan", method="CANCEL"), "Cancelled"),
        (event("SUMMARY:Plan", "STATUS:CANCELLED"), "Cancelled"),
        (answer('CN="Li: 2";PARTSTAT=DECLINED:mailto:a@b.ex'), "Declined: Li: 2 <a@b.ex>"),
        (answer("PARTSTAT=ACCEPTED:MAILTO:a@b.example"), "Accepted: a@b.example"),
        (answer("PARTSTAT=tentative:a@b.example"), "Tentatively accepted: a@b.example"),
        (answer("CN=Li:mailto:a@b.example"), "Answer to an invitation: Li <a@b.example>"),
        (event("SUMMARY:Plan", method="COUNTER"), "New time proposed"),
        (event("SUMMARY:Plan", method="PUBLISH"), "SUMMARY: Plan"),
    ],
)  # fmt: skip
def test_cancelled_and_answered_invitations_say_so(source: str, first_line: str) -> None:
    assert calendar.describe(source).split("\n")[0] == first_line


def test_the_method_of_the_content_type_counts_for_a_calendar_without_one() -> None:
    source = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Plan\nEND:VEVENT\nEND:VCALENDAR\n"

    assert calendar.describe(source, "cancel") == "Cancelled\nSUMMARY: Plan"


def test_folded_and_escaped_values_are_joined_and_unescaped() -> None:
    source = event("SUMMARY:Pl", " an", "DESCRIPTION:a\\, b\\nc\\\\n", method="PUBLISH")

    assert calendar.describe(source) == "SUMMARY: Plan\nDESCRIPTION: a, b\nc\\n"


def test_all_events_are_described_up_to_a_limit() -> None:
    source = "".join(f"BEGIN:VEVENT\nSUMMARY:{n}\nEND:VEVENT\n" for n in range(30))

    text = calendar.describe(source)

    assert text.startswith("SUMMARY: 0\n\nSUMMARY: 1\n\n")
    assert text.endswith("SUMMARY: 19\n\n(10 more)")


EMPTY_HTML = (
    "Content-Type: text/html\n\n<html><body><div><br></div></body></html>",
    "Content-Type: text/html\n\n<p>&nbsp;</p>",
    "Content-Type: text/html\n\n<p>\u200b\ufeff</p>",
    'Content-Type: text/html\n\n<p style="display:none">Preview</p>',
    "\n \n",
)


@pytest.mark.parametrize("empty", EMPTY_HTML)
@pytest.mark.parametrize("subtype", ["alternative", "mixed"])
@pytest.mark.parametrize(
    "calendar_type",
    [
        "text/calendar; method=REQUEST",
        "application/ics",
        "application/octet-stream; name=a.ics",
        "text/plain; name=a.ics",
    ],
)
def test_an_invitation_beside_an_empty_body_is_the_text(
    empty: str, subtype: str, calendar_type: str
) -> None:
    raw = multipart(subtype, empty, f"Content-Type: {calendar_type}\n\n{event('SUMMARY:Plan')}")

    assert parse(raw).text == "Invitation\nSUMMARY: Plan"
    assert len(files_of(raw)) == 1


@given(st.text(alphabet='BEGIN:VT\n "=;\\', max_size=200), st.text(max_size=50))
def test_any_text_is_described_without_an_error(source: str, method: str) -> None:
    calendar.describe(source, method)
    calendar.describe(event(source), method)


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["BEGIN:VEVENT\n", "BEGIN:X\nEND:Y\n", "\n ", 'SUMMARY;"a:', "\\"])
def test_describing_takes_linear_time(unit: str) -> None:
    began = time.process_time()

    calendar.describe(event(unit * (2_000_000 // len(unit))))

    assert time.process_time() - began < 5


def test_quoted_printable_in_a_vcalendar_is_decoded() -> None:
    source = event(
        "SUMMARY;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=92=D1=81=D1=82=\n=D1=80=D0=B5=D1=87=D0=B0\n"
        "DESCRIPTION;QUOTED-PRINTABLE:First line=0D=0Asecond line\nLOCATION:Room 5\n"
    )

    assert calendar.describe(source).endswith(
        "SUMMARY: Встреча\nLOCATION: Room 5\nDESCRIPTION: First line\nsecond line"
    )
