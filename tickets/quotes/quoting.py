"""Quote the message that an answer is to, as mail programs do."""

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tickets.models import Message

QUOTED_CHARACTERS = 50_000


def with_quote(text: str, of: Message | None) -> str:
    """Return the text with the message quoted below it, in the desk's language."""
    if of is None or not of.text.strip():
        return text
    with translation.override(settings.LANGUAGE_CODE):
        attribution = _("On %(date)s, %(name)s <%(email)s> wrote:") % {
            "date": date_format(of.written_at, "j E Y, H:i e"),
            "name": " ".join(of.sender_name.split()),
            "email": of.ticket.requester.email,
        }
    attribution = attribution.replace(",  <", ", <")  # nameless
    quoted = "\n".join(map(_quoted, of.text[:QUOTED_CHARACTERS].strip("\n").split("\n")))
    return f"{text.rstrip()}\n\n{attribution}\n{quoted}"


def _quoted(line: str) -> str:
    return f">{line}" if line.startswith(">") else f"> {line}".rstrip()
