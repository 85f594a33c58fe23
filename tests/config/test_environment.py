"""The typed readers of the environment: a bad value is named in one sentence."""

import base64
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from config.environment import Environment

pytestmark = pytest.mark.slow

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER_SECRET = "whsec_" + base64.b64encode(bytes(range(1, 25))).decode()

Read = Callable[[Environment], Any]


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Environment]:
    """A function that sets variables and returns the reader."""

    def given(**variables: str) -> Environment:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return Environment(tmp_path / ".env")

    return given


def sentence_of(read: Callable[[], Any]) -> str:
    with pytest.raises(SystemExit) as stop:
        read()
    sentence = str(stop.value)
    assert sentence.startswith("ServiceDesk cannot start: ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence.removeprefix("ServiceDesk cannot start: ")


@pytest.mark.parametrize("value", ["", "  ", "\n"])
def test_an_empty_value_counts_as_absent(env: Callable[..., Environment], value: str) -> None:
    reader = env(X=value)

    assert reader.text("X", "default") == "default"
    assert sentence_of(lambda: reader.text("X")) == (
        "X is not set; set it in the environment or in .env (see .env.sample)."
    )


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "$HOME",
        "$$",
        "pa$$word",
        "$nothing",
        "a=b",
        "#no-comment",
        "ключ",
        "{}",
        "'quoted'",
    ],
)
def test_a_text_is_returned_unchanged(env: Callable[..., Environment], value: str) -> None:
    assert env(X=value).text("X") == value


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (lambda env: env.number("X", high=10), "0", 0),
        (lambda env: env.number("X", high=10), "10", 10),
        (lambda env: env.number("X", high=10), "007", 7),
        (lambda env: env.flag("X"), "True", True),
        (lambda env: env.flag("X"), "1", True),
        (lambda env: env.flag("X"), "yes", True),
        (lambda env: env.flag("X"), "ON", True),
        (lambda env: env.flag("X"), "false", False),
        (lambda env: env.flag("X"), "0", False),
        (lambda env: env.flag("X"), "no", False),
        (lambda env: env.flag("X"), "off", False),
        (lambda env: env.words("X"), "a, b,,c ,", ["a", "b", "c"]),
        (lambda env: env.choice("X", "ru", ("ru", "en")), "en", "en"),
        (lambda env: env.duration("X", "1s"), "30s", timedelta(seconds=30)),
        (lambda env: env.duration("X", "1s"), "10m", timedelta(minutes=10)),
        (lambda env: env.duration("X", "1s"), "48h", timedelta(hours=48)),
        (lambda env: env.duration("X", "1s"), "90d", timedelta(days=90)),
        (lambda env: env.duration("X", "1s"), "0s", timedelta(0)),
        (lambda env: env.duration("X", "1s"), "36500d", timedelta(days=36500)),
        (lambda env: env.rate("X", "none"), "500/1d", (500, timedelta(days=1))),
        (lambda env: env.rate("X", "none"), "1/30s", (1, timedelta(seconds=30))),
        (lambda env: env.rate("X", "500/1d"), "none", None),
        (lambda env: env.address("X"), "desk@example.com", "desk@example.com"),
        (lambda env: env.addresses("X"), "a@b.co, c@d.co", ["a@b.co", "c@d.co"]),
        (lambda env: env.webhook_secrets("X"), SECRET, [bytes(range(32))]),
        (
            lambda env: env.webhook_secrets("X"),
            f"{SECRET}, {OTHER_SECRET}",
            [bytes(range(32)), bytes(range(1, 25))],
        ),
        (lambda env: env.broker_url("X"), "redis://h", "redis://h"),
        (lambda env: env.broker_url("X"), "rediss://u:p@h:1/0", "rediss://u:p@h:1/0"),
        (lambda env: env.broker_url("X"), "redis://:p@[::1]:6379/0", "redis://:p@[::1]:6379/0"),
        (lambda env: env.broker_url("X"), "amqps://u:p@h:5671/desk", "amqps://u:p@h:5671/desk"),
    ],
)
def test_a_good_value_is_read(
    env: Callable[..., Environment], read: Read, value: str, expected: Any
) -> None:
    assert read(env(X=value)) == expected


def test_a_default_is_parsed_like_a_value(env: Callable[..., Environment]) -> None:
    reader = env()

    assert reader.number("X", "5", high=10) == 5
    assert reader.flag("X", "true") is True
    assert reader.words("X", "a,b") == ["a", "b"]
    assert reader.duration("X", "2h") == timedelta(hours=2)
    assert reader.addresses("X") == []


NUMBER = "X must be a whole number from 1 to 10, not "
FLAG = "X must be true or false, not "
DURATION = "X must be a number with s, m, h or d behind it, as 48h, and at most 36500d, not "
RATE = "X must be a number and a span of time as 500/1d, or none, not "
ADDRESS = "X must hold bare mail addresses as desk@example.com, not "


@pytest.mark.parametrize(
    ("read", "values", "sentence"),
    [
        (
            lambda env: env.number("X", low=1, high=10),
            ["0", "11", "-1", "1.0", "1e1", "ten", "٣", "²", "+1", "1 0"],
            NUMBER,
        ),
        (lambda env: env.flag("X"), ["2", "maybe", "tru", "да"], FLAG),
        (
            lambda env: env.choice("X", "ru", ("ru", "en")),
            ["de", "RU", "ru,en"],
            "X must be one of ru, en, not ",
        ),
        (
            lambda env: env.duration("X", "1s"),
            ["10", "s", "10 s", "-1s", "1.5h", "1w", "1h30m", "٣s", "36501d", "999999h"],
            DURATION,
        ),
        (
            lambda env: env.rate("X", "none"),
            ["0/1d", "500", "500/d", "/1d", "500/0d", "-1/1d", "1.5/1d", "500/1w", "no"],
            RATE,
        ),
        (
            lambda env: env.address("X"),
            ["desk", "@b.co", "desk@", "Desk <d@b.co>", "a@b.co, c@d.co", "a b@c.co", '"a"@b.co'],
            ADDRESS,
        ),
        (lambda env: env.addresses("X"), ["a@b.co,desk"], ADDRESS),
    ],
)  # fmt: skip
def test_a_bad_value_stops_the_start_and_is_shown(
    env: Callable[..., Environment], read: Read, values: list[str], sentence: str
) -> None:
    for value in values:
        shown = sentence_of(lambda value=value: read(env(X=value)))  # type: ignore[misc]  # bound now

        assert shown.startswith(sentence)


def test_a_number_with_thousands_of_digits_stops_the_start(
    env: Callable[..., Environment],
) -> None:
    shown = sentence_of(lambda: env(X="9" * 5000).number("X", low=1, high=10))

    assert shown.startswith(NUMBER)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("whsec_", "X must hold whsec_ and the base64 of 24 to 64 bytes, or two such values."),
        (SECRET.removeprefix("whsec_"), "X must hold whsec_ and the base64"),
        (SECRET[:-1], "X must hold whsec_ and the base64"),
        (SECRET + "!", "X must hold whsec_ and the base64"),
        (SECRET + "ключ", "X must hold whsec_ and the base64"),
        ("whsec_" + base64.b64encode(bytes(23)).decode(), "X must hold whsec_ and the base64"),
        ("whsec_" + base64.b64encode(bytes(65)).decode(), "X must hold whsec_ and the base64"),
        (
            f"{SECRET},{SECRET},{SECRET}",
            "X must hold one secret, or two while one is being rotated.",
        ),
        (",", "X must hold one secret, or two while one is being rotated."),
    ],
)
def test_a_bad_secret_stops_the_start_and_is_not_shown(
    env: Callable[..., Environment], value: str, sentence: str
) -> None:
    shown = sentence_of(lambda: env(X=value).webhook_secrets("X"))

    assert shown.startswith(sentence)
    assert SECRET[6:20] not in shown


@pytest.mark.parametrize(
    "value",
    [
        "localhost", "localhost:6379", "http://h", "mqtt://u:hidden@h", "amqp://u:hidden@",
        "redis://", "redis:///0",
        "redis://:hidden@", "redis://:hidden@h:port/0", "redis://:hidden@h:99999/0", "redis://[::1",
        "redis://:hidden@h/first",
    ],
)  # fmt: skip
def test_a_bad_broker_url_stops_the_start_and_its_password_is_not_shown(
    env: Callable[..., Environment], value: str
) -> None:
    shown = sentence_of(lambda: env(X=value).broker_url("X"))

    assert shown == (
        "X must be a Redis address as redis://:password@host:6379/0, or a RabbitMQ address as "
        "amqp://user:password@host:5672/vhost."
    )


def test_a_value_is_read_from_the_named_file(
    env: Callable[..., Environment], tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("  from the file $x\n")

    reader = env(X_FILE=str(secret), X="from the environment")

    assert reader.text("X") == "from the file $x"


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_stops_the_start(
    env: Callable[..., Environment], tmp_path: Path, content: bytes | None
) -> None:
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_bytes(content)

    for path in (secret, tmp_path):
        shown = sentence_of(lambda path=path: env(X_FILE=str(path)).text("X"))  # type: ignore[misc]  # bound now
        assert shown == "X_FILE names a file that cannot be read."


def test_an_empty_file_counts_as_absent(env: Callable[..., Environment], tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("\n")

    assert sentence_of(lambda: env(X_FILE=str(secret)).text("X")).startswith("X is not set;")


def test_the_environment_takes_precedence_over_the_file_env(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("# a comment\nFROM_BOTH=file\nONLY_IN_FILE='quoted $x'\nexport EXPORTED=1\n")
    for name in ("ONLY_IN_FILE", "EXPORTED"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("FROM_BOTH", "environment")

    reader = Environment(dotenv)

    assert reader.text("FROM_BOTH") == "environment"
    assert reader.text("ONLY_IN_FILE") == "quoted $x"
    assert reader.flag("EXPORTED") is True
