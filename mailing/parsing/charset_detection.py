"""Recognize the charset of bytes by what they look like."""

from __future__ import annotations

import re

from charset_normalizer import from_bytes

from mailing.parsing.charset_labels import CYRILLIC_CODECS

# Enough for detection, whose time grows with its input.
_SAMPLE_BYTES = 8_192

_HIGH_BYTE_RUN = re.compile(rb"[\x80-\xff]+")
# Charsets of mail without a label. charset-normalizer also knows EBCDIC, which differs from ASCII.
_DETECTED_CODECS = [
    *("cp1251", "koi8_u", "cp1252", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "cp874", "iso8859_2", "iso8859_7"),
]
# What English, French, German, Spanish, Italian, Portuguese and Nordic texts have beyond ASCII.
_WESTERN_LETTERS = frozenset(
    "àâäáãåæçéèêëíîïìóôöòõøœúûüùñßÀÂÄÁÅÆÇÉÈÊÍÓÔÖØÚÜÑ«»¿¡€£§°’‘“”–—…•©®´·\xa0".encode("cp1252")
)
# The commonest letters of Russian and Ukrainian text; capitals are rare in text.
_COMMON_LETTERS = frozenset("оеаинтсрвлкмдпуяыьгзбчйхжшюфцщэёіїє")
_INITIAL_LETTERS = _COMMON_LETTERS - frozenset("ыь")
_VOWELS = frozenset("оеаиуяыюэёіїє")


def detect_codec(data: bytes) -> str:
    """Return the codec that bytes beyond ASCII, which are no UTF-8, look like.

    charset-normalizer decides, except on short texts, where it is weak.
    """
    sample = data[:_SAMPLE_BYTES]
    cyrillic = _guess_cyrillic_codec(sample)
    if cyrillic:
        return cyrillic
    high_bytes = b"".join(_HIGH_BYTE_RUN.findall(sample))
    is_western = all(byte in _WESTERN_LETTERS for byte in high_bytes)
    if is_western and not has_non_latin_words(sample):
        return "cp1252"
    if len(high_bytes) < 3:
        return "cp1252"  # too little for detection
    best = from_bytes(sample, cp_isolation=_DETECTED_CODECS, enable_fallback=False).best()
    codec = best.encoding if best else "cp1252"
    # Modern Korean is written without ideographs.
    return "gb18030" if codec == "cp949" and _has_ideographs(sample) else codec


def has_non_latin_words(data: bytes) -> bool:
    """Return whether bytes have whole words of high bytes, as no language in Latin letters has."""
    runs = _HIGH_BYTE_RUN.findall(data[:_SAMPLE_BYTES])
    return sum(len(run) for run in runs if len(run) >= 3) * 2 > sum(map(len, runs))


def count_runs(data: bytes) -> int:
    """Return the number of runs of bytes beyond ASCII in the bytes that detection looks at."""
    return len(_HIGH_BYTE_RUN.findall(data[:_SAMPLE_BYTES]))


def correct_cyrillic_codec(data: bytes, codec: str) -> str:
    """Return a label's Cyrillic codec, or another if the bytes clearly are in that."""
    sample = data[:_SAMPLE_BYTES]
    best = _guess_cyrillic_codec(sample)
    if best and best != codec:
        labelled, other = (_score_as_cyrillic(sample, name) for name in (codec, best))
        if other > 0.8 and labelled < 0.5:
            return best
    return codec


def _guess_cyrillic_codec(sample: bytes) -> str:
    if not has_non_latin_words(sample):
        return ""
    score, codec = max((_score_as_cyrillic(sample, name), name) for name in CYRILLIC_CODECS)
    return codec if score > 0.8 else ""


def _score_as_cyrillic(sample: bytes, codec: str) -> float:
    """Return how well the high bytes read as Cyrillic words, up to 1.

    That is the share of common lower-case letters and initial capitals; 0 when there are too few or
    too many vowels, less for words that end in a hard sign, as modern words do not.
    """
    words = b" ".join(_HIGH_BYTE_RUN.findall(sample)).decode(codec, "replace").split()
    letters = "".join(words)
    vowels = sum(letter in _VOWELS for letter in letters.lower())
    if len(letters) < 4 or not 0.25 <= vowels / len(letters) <= 0.7:
        return 0.0
    good = 0
    for word in words:
        good += sum(letter in _COMMON_LETTERS for letter in word[1:])
        good += word[0].lower() in _INITIAL_LETTERS
        good -= len(word) if word[-1] == "ъ" else 0
    return good / len(letters)


def _has_ideographs(sample: bytes) -> bool:
    text = sample.decode("cp949", "replace")
    return sum("\u4e00" <= letter <= "\u9fff" for letter in text) * 5 > len(text)
