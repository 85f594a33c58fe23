"""Plant secrets, addresses and texts in a whole run: no log, error or repr has them.

The admin shows what people wrote, and no secret.
"""

import json
from collections.abc import Iterator

import pytest

from config.local.processes.supervisor import Supervisor
from config.local.stack import build
from mailing.inbound.arrival import Arrival
from mailing.parsing.message import parse
from tests.factories import (
    DraftFactory,
    InboundEmailFactory,
    NoteFactory,
    OutboundEmailFactory,
    ReplyTemplateFactory,
    RequesterFactory,
    TicketFactory,
)
from tests.security.planted_run import RAW, SENDER, WORDS, Run
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def smtp() -> Iterator[SmtpServer]:
    server = SmtpServer(extensions=["8BITMIME", "AUTH PLAIN LOGIN"])
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory, smtp: SmtpServer) -> dict[str, str]:
    """Run everything once, with and without errors; return all texts it wrote, by their place."""
    folder = tmp_path_factory.mktemp("planted")
    configured = {
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(smtp.port),
        "EMAIL_USE_TLS": "false",
        "EMAIL_HOST_USER": "desk@servicedesk.example",
        "EMAIL_HOST_PASSWORD": WORDS["mail password"],
        "FILES_S3_SECRET_KEY": WORDS["S3 key"],
        "LOG_FORMAT": "json",
        # The first mail fails in its processing with the mail's own words.
        "DJANGO_SETTINGS_MODULE": "tests.security.failing_settings",
    }
    stack = build(folder, port=None, configured=configured)
    supervisor = Supervisor(stack.parts, say=lambda _line: None)
    try:
        supervisor.start()
        run = Run(stack, supervisor, smtp)
        run.everything()
    finally:
        supervisor.stop()
    for log in stack.logs.iterdir():
        run.texts[f"log {log.name}"] = log.read_text(errors="replace")
    run.texts["secrets"] = json.dumps(run.secrets)
    return run.texts


def places_of(texts: dict[str, str], words: dict[str, str], *, where: str = "") -> list[str]:
    return [
        f"{name} in {place}: …{text[max(0, text.find(word) - 60) : text.find(word) + 60]}…"
        for place, text in texts.items()
        for name, word in words.items()
        if place.startswith(where) and place != "secrets" and word in text
    ]


@pytest.mark.slow
def test_no_log_holds_what_people_wrote_or_a_secret(texts: dict[str, str]) -> None:
    secrets = json.loads(texts["secrets"])
    logs = [place for place in texts if place.startswith("log ")]

    assert {"log web.log", "log inbox.log", "log mail.log", "log postgres.log"} <= set(logs)
    assert "mail_failed" in texts["log inbox.log"]
    assert "ValueError" in texts["log inbox.log"]
    assert places_of(texts, {**WORDS, **secrets, "sender": SENDER}, where="log ") == []


@pytest.mark.slow
def test_no_error_holds_a_secret_or_somebody_elses_address(texts: dict[str, str]) -> None:
    secrets = json.loads(texts["secrets"])
    others = {name: word for name, word in WORDS.items() if name not in ("subject", "body")}

    assert places_of(texts, {**others, **secrets}, where="error ") == []
    assert places_of(texts, {**WORDS, **secrets}, where="readyz ") == []


@pytest.mark.slow
def test_no_mail_and_no_history_holds_what_operators_wrote_to_each_other(
    texts: dict[str, str],
) -> None:
    internal = {name: WORDS[name] for name in ("note", "old note", "draft", "template")}
    mails = [place for place in texts if place.startswith("mail ")]

    assert "note_edited" in texts["history"]
    assert len(mails) >= 3
    assert places_of(texts, internal, where="mail ") == []
    assert places_of(texts, internal, where="history") == []


@pytest.mark.slow
def test_no_page_of_the_admin_holds_a_secret(texts: dict[str, str]) -> None:
    secrets = json.loads(texts["secrets"])
    hidden = {name: WORDS[name] for name in ("mail password", "S3 key")}

    assert places_of(texts, {**hidden, **secrets}, where="admin ") == []


@pytest.mark.slow
def test_the_admin_shows_a_supervisor_what_people_wrote(texts: dict[str, str]) -> None:
    pages = "".join(page for place, page in texts.items() if place.startswith("admin "))

    for name in ("address", "operator", "subject", "body", "file name", "reply"):
        assert WORDS[name] in pages, name


@pytest.mark.django_db
def test_no_repr_holds_what_people_wrote() -> None:
    ticket = TicketFactory.create(title=WORDS["subject"], description=WORDS["body"])
    requester = RequesterFactory.create(email=WORDS["address"], name="Planted")
    things = [
        ticket,
        NoteFactory.create(text=WORDS["note"]),
        DraftFactory.create(text=WORDS["draft"]),
        ReplyTemplateFactory.create(name=WORDS["template"], text=WORDS["template"]),
        requester,
        InboundEmailFactory.create(raw=RAW, requester_address=WORDS["address"]),
        OutboundEmailFactory.create(content=RAW, recipient=WORDS["address"]),
        Arrival("m1", raw=RAW),
        parse(RAW),
    ]

    texts = {type(thing).__name__: f"{thing!r} {thing!s}" for thing in things}

    assert places_of(texts, {**WORDS, "sender": SENDER}) == []
