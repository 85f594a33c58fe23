"""Tags of tickets: words of letters of any script, digits and hyphens, in lower case."""

import unicodedata

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from tickets.models import MOST_TAGS, TAG_CHARACTERS


def spell_tag(text: str) -> str:
    """Return a tag in the one spelling that is stored."""
    return unicodedata.normalize("NFC", text.strip().lower())


def normalize_tag(text: str) -> str:
    """Return a tag as it is stored; raises `ValidationError` for a text that is no tag."""
    tag = spell_tag(text)
    if len(tag) > TAG_CHARACTERS:
        raise ValidationError(
            _("A tag has at most %(most)d characters.") % {"most": TAG_CHARACTERS}
        )
    # A mark, such as a vowel sign of Hindi, belongs to the letter before it.
    if not tag or not all(map(_is_allowed, tag)) or unicodedata.category(tag[0])[0] == "M":
        raise ValidationError(_("A tag consists of letters, digits and hyphens."))
    return tag


def distinct_tags(tags: list[str]) -> list[str]:
    """Return normalized tags without doubles, in their order.

    Raises `ValidationError` if there are too many.
    """
    distinct = list(dict.fromkeys(tags))
    if len(distinct) > MOST_TAGS:
        raise ValidationError(_("A request has at most %(most)d tags.") % {"most": MOST_TAGS})
    return distinct


def _is_allowed(character: str) -> bool:
    category = unicodedata.category(character)
    return character == "-" or category == "Nd" or category[0] in "LM"
