"""Write the same words the same way, whatever characters a mail program put into them."""

import unicodedata

# Left-to-right and right-to-left marks, embeddings and isolates, joiners, soft hyphens.
_INVISIBLE = "\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060"
_INVISIBLE += "\u2066\u2067\u2068\u2069\ufeff"
# What may be around the words of a line without being seen.
SPACES = " \t\r\u00a0\u202f" + _INVISIBLE
COLONS = ":：﹕︓\u0589\u055d"  # the last two are Armenian

# Arabic letters that Arabic and Persian keyboards write differently, or with and without hamza.
_LETTERS = {"ي": "ی", "ى": "ی", "ك": "ک", "أ": "ا", "إ": "ا", "آ": "ا", "ة": "ه"}
# Vowel signs of Arabic and the line that stretches its words.
_SIGNS = (0x0640, *range(0x064B, 0x0653), 0x0670)
# Arabic digits and those of the scripts of India, Burma and Thailand.
_DIGITS = {code: str(int(chr(code))) for code in range(0x660, 0x10A0) if chr(code).isdecimal()}
_FOLDED: dict[int, str] = (
    {ord(character): "" for character in _INVISIBLE}
    | dict.fromkeys(_SIGNS, "")
    | {ord(letter): folded for letter, folded in _LETTERS.items()}
    | _DIGITS
    | {ord(colon): ":" for colon in COLONS}
)


def fold(text: str) -> str:
    """Return the text in lower case, composed, without invisible characters, with digits 0 to 9.

    Spellings of one Arabic word become equal. The tables of phrases are folded, too.
    """
    return unicodedata.normalize("NFC", text).translate(_FOLDED).lower()
