"""The sample's letters and files: what the desk must be able to read."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest

from config.local import run
from config.local.errors import LocalError
from config.local.sample import files, letters_en, letters_later, letters_ru, mails
from config.local.sample.ages import spread

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
FIRST = [*letters_ru.EARLIER, *letters_ru.LETTERS, *letters_en.LETTERS, *letters_later.LATEST]


def test_each_letter_has_a_name_of_its_own_and_its_sender_one_open_ticket() -> None:
    names = Counter(letter.name for letter in FIRST)
    senders = Counter(letter.sender[1] for letter in FIRST if letter not in letters_ru.EARLIER)

    assert max(names.values()) == 1
    assert max(senders.values()) == 1
    assert 30 <= len(FIRST) <= 40


def test_a_letter_with_pictures_has_them_inside_its_html() -> None:
    letter = next(letter for letter in FIRST if letter.name == "priya-dashboard")

    _name, _at, raw = mails.for_webhook(letter)

    mail = message_from_bytes(raw, policy=policy.default)
    kinds = [part.get_content_type() for part in mail.walk() if not part.is_multipart()]
    assert kinds == ["text/plain", "text/html", "image/png", "image/png", "text/csv"]
    assert [part["Content-ID"] for part in mail.walk() if part["Content-ID"]] == [
        "<logo>",
        "<chart>",
    ]


def test_a_bounce_names_the_mail_that_did_not_arrive() -> None:
    _name, _at, raw = mails.bounce(name="b", recipient="tom@x.example", message_id="<ours@x>")

    mail = message_from_bytes(raw, policy=policy.default)
    assert mail.get_content_type() == "multipart/report"
    assert b"Final-Recipient: rfc822; tom@x.example" in raw
    assert b"Message-ID: <ours@x>" in raw


def test_the_files_are_what_they_say() -> None:
    assert files.error_window().startswith(b"\x89PNG\r\n\x1a\n")
    document = files.pdf("Invoice")
    start = int(document.split(b"startxref\n")[1].split()[0])
    assert document[start:].startswith(b"xref")


def test_what_operators_do_comes_some_minutes_after_the_letter() -> None:
    written_at, answered_at = NOW - timedelta(hours=9), NOW - timedelta(hours=2)

    times = spread([written_at, None, None, answered_at], pause=timedelta(minutes=10), now=NOW)

    after = [int((at - written_at).total_seconds() / 60) for at in times]
    assert after == [0, 20, 30, 7 * 60]


def test_what_operators_do_comes_before_the_next_letter_and_now() -> None:
    written_at, answered_at = NOW - timedelta(minutes=9), NOW - timedelta(minutes=8)
    known = [written_at, None, None, answered_at, None, None, None]

    times = spread(known, pause=timedelta(minutes=10), now=NOW)

    assert times == sorted(set(times))
    assert (times[3], times[-1] < NOW) == (answered_at, True)


def test_a_ticket_that_an_operator_opens_is_some_minutes_old() -> None:
    times = spread([None, None], pause=timedelta(minutes=5), now=NOW)

    assert times == [NOW - timedelta(minutes=20), NOW - timedelta(minutes=10)]


@pytest.mark.parametrize("name", ["POSTGRES_HOST", "EMAIL_HOST"])
def test_the_sample_is_refused_where_the_database_or_the_mail_server_is_configured(
    name: str,
) -> None:
    with pytest.raises(LocalError, match="SAMPLE=1"):
        run.check_sample({name: "host.example"})
