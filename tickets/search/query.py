"""Read what an operator typed into the search."""

import re
import string
import unicodedata
from dataclasses import dataclass

from django.contrib.postgres.validators import ArrayMaxLengthValidator
from django.core.validators import MaxLengthValidator

MOST_CHARACTERS = 500
# PostgreSQL plans each as a join: 250 would take it seconds.
MOST_TERMS = 20

_TERM = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
_NUMBER = re.compile(r"#([0-9]{1,18})")
# Signs that `tickets_fold` of the database makes blanks of; a NUL cannot be in a text there.
_FOLDED = str.maketrans(dict.fromkeys("-@._/:<>&=+~%#?'\"|\\\0", " ") | {"ё": "е"})


@dataclass(frozen=True)
class Term:
    """What a ticket must have, or must not have: a word or phrase, or its own number."""

    # Folded: of a word with signs in it, such as an address, the parts stand between blanks.
    text: str = ""
    is_phrase: bool = False
    is_prefix: bool = False
    is_without: bool = False
    number: int | None = None


def read_query(text: str) -> list[Term]:
    """Return the terms of a search, of which a ticket must meet each.

    Signs alone are no term. Raise Django's `ValidationError` for more than 500 characters
    or 20 different terms.
    """
    MaxLengthValidator(MOST_CHARACTERS)(text)
    terms = []
    for match in _TERM.finditer(text):
        word = match["word"]
        if word is None:
            term = Term(fold(match["phrase"]), is_phrase=True, is_without=bool(match["minus"]))
        elif number := _NUMBER.fullmatch(word):
            term = Term(number=int(number[1]), is_without=bool(match["minus"]))
        else:
            term = Term(fold(word), is_prefix=word.endswith("*"), is_without=bool(match["minus"]))
        if term.number is not None or any(letter.isalnum() for letter in term.text):
            terms.append(term)
    different = list(dict.fromkeys(terms))
    ArrayMaxLengthValidator(MOST_TERMS)(different)
    return different


def fold(text: str) -> str:
    """Do as `tickets_fold` of the database does, and drop signs at the ends."""
    folded = unicodedata.normalize("NFC", text).lower().translate(_FOLDED)
    return " ".join(folded.strip(string.punctuation + string.whitespace + "«»„“”’…—–").split())
