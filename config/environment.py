"""Read typed settings from the environment; a malformed value stops the start and is named."""

import base64
import binascii
import re
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple, NoReturn
from urllib.parse import urlsplit

import environ
from environ.fileaware_mapping import FileAwareMapping

_DURATION = re.compile(r"([0-9]{1,10})([smhd])")
_RATE = re.compile(r"([0-9]{1,9})/([1-9][0-9]{0,3})([smhd])")
_LONGEST = timedelta(days=36500)  # a century, so that now minus the duration is still a date
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


class Rate(NamedTuple):
    """At most `most` in any period of length `span`."""

    most: int
    span: timedelta

    def __str__(self) -> str:
        return f"{self.most} in {self.span}"


class Environment:
    """The environment, completed by a `.env` file, with `NAME_FILE` for Docker secrets.

    Each method takes a variable's name and its default as a string, as in the environment; without
    a default the variable is required. A missing or malformed value ends the process with one
    sentence that names the variable and says what it must be.
    """

    def __init__(self, dotenv: Path) -> None:
        if dotenv.is_file():
            environ.Env.read_env(dotenv)
        # Not through `Env`, which replaces a value that starts with $ by another variable.
        self._values = FileAwareMapping()

    def text(self, name: str, default: str | None = None) -> str:
        """Return the value; an empty value counts as absent."""
        try:
            value = str(self._values.get(name, ""))
        except (OSError, ValueError):
            stop(f"{name}_FILE names a file that cannot be read.")
        if value := value.strip():
            return value
        if default is None:
            stop(f"{name} is not set; set it in the environment or in .env (see .env.sample).")
        return default

    def number(self, name: str, default: str | None = None, *, low: int = 0, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        value = self.text(name, default)
        if not re.fullmatch("[0-9]{1,15}", value) or not low <= int(value) <= high:
            stop(f"{name} must be a whole number from {low} to {high}, not {value!r}.")
        return int(value)

    def flag(self, name: str, default: str | None = None) -> bool:
        """Return true or false."""
        value = self.text(name, default).lower()
        if value not in _TRUE | _FALSE:
            stop(f"{name} must be true or false, not {value!r}.")
        return value in _TRUE

    def words(self, name: str, default: str | None = None) -> list[str]:
        """Return the comma-separated values, without surrounding spaces and empty values."""
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """Return one of the allowed values."""
        value = self.text(name, default)
        if value not in allowed:
            stop(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
        return value

    def duration(self, name: str, default: str) -> timedelta:
        """Return a duration, written as a number and a unit: 30s, 10m, 48h, 90d."""
        value = self.text(name, default)
        match = _DURATION.fullmatch(value)
        span = match and timedelta(**{_UNITS[match[2]]: int(match[1])})
        if span is None or span > _LONGEST:
            stop(
                f"{name} must be a number with s, m, h or d behind it, as 48h, and at most "
                f"{_LONGEST.days}d, not {value!r}."
            )
        return span

    def rate(self, name: str, default: str) -> Rate | None:
        """Return a rate, written as a number and a duration: 500/1d; None for `none`."""
        value = self.text(name, default)
        if value.lower() == "none":
            return None
        match = _RATE.fullmatch(value)
        if match is None or int(match[1]) == 0:
            stop(f"{name} must be a number and a span of time as 500/1d, or none, not {value!r}.")
        return Rate(int(match[1]), timedelta(**{_UNITS[match[3]]: int(match[2])}))

    def address(self, name: str, default: str | None = None) -> str:
        """Return a mail address without a name."""
        return _check_address(name, self.text(name, default))

    def addresses(self, name: str) -> list[str]:
        """Return the comma-separated mail addresses; none by default."""
        return [_check_address(name, word) for word in self.words(name, "")]

    def broker_url(self, name: str) -> str:
        """Return the URL of a Redis or RabbitMQ server, with or without TLS."""
        value = self.text(name)
        try:
            parts = urlsplit(value)
            _ = parts.port
        except ValueError:
            parts = urlsplit("")
        database = parts.path.removeprefix("/")
        is_redis = parts.scheme in {"redis", "rediss"} and (not database or database.isdecimal())
        is_rabbitmq = parts.scheme in {"amqp", "amqps"}
        if not parts.hostname or not (is_redis or is_rabbitmq):
            # Without the value, which may hold a password.
            stop(
                f"{name} must be a Redis address as redis://:password@host:6379/0, or a RabbitMQ "
                "address as amqp://user:password@host:5672/vhost."
            )
        return value

    def webhook_secrets(self, name: str) -> list[bytes]:
        """Return the keys of one `whsec_…` secret, or of two while one replaces the other.

        A secret is base64 of 24 to 64 bytes (Standard Webhooks, "Symmetric keys").
        """
        try:
            keys = [_webhook_key(secret) for secret in self.words(name)]
        except ValueError:  # without the value, which is a secret
            stop(f"{name} must hold whsec_ and the base64 of 24 to 64 bytes, or two such values.")
        if not 1 <= len(keys) <= 2:
            stop(f"{name} must hold one secret, or two while one is being rotated.")
        return keys


def _check_address(name: str, value: str) -> str:
    local, _, domain = value.rpartition("@")
    if not local or not domain or re.search(r"[\s<>,;\"]", value):
        stop(f"{name} must hold bare mail addresses as desk@example.com, not {value!r}.")
    return value


def _webhook_key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if not secret.startswith("whsec_") or not 24 <= len(key) <= 64:
        raise ValueError("wrong prefix or length")
    return key


def stop(sentence: str) -> NoReturn:
    """End the process with one sentence on standard error."""
    raise SystemExit(f"ServiceDesk cannot start: {sentence}")
