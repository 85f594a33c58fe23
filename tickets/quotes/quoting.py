"""Quote a message below the reply to it, as mail programs do."""

from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

_QUOTED_CHARACTERS = 50_000


def append_quote(text: str, *, quoted: str, name: str, address: str, written_at: datetime) -> str:
    """Return the text with the quoted message and its attribution below it.

    name, address, written_at: who wrote the quoted message, and when. The attribution is in the
    desk's language. A blank message is not quoted; of a long one the first 50 000 characters are.
    """
    if not quoted.strip():
        return text
    with translation.override(settings.LANGUAGE_CODE):
        attribution = _("On %(date)s, %(name)s <%(email)s> wrote:") % {
            "date": date_format(written_at, "j E Y, H:i e"),
            "name": " ".join(name.split()),
            "email": address,
        }
    attribution = attribution.replace(",  <", ", <")  # without a name
    lines = quoted[:_QUOTED_CHARACTERS].strip("\n").split("\n")
    return f"{text.rstrip()}\n\n{attribution}\n" + "\n".join(_mark(line) for line in lines)


def _mark(line: str) -> str:
    return f">{line}" if line.startswith(">") else f"> {line}".rstrip()
