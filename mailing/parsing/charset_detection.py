"""Recognize the charset of bytes by what they look like."""

from __future__ import annotations

import re
from collections import Counter

from charset_normalizer import from_bytes

from mailing.parsing.charset_labels import CYRILLIC_CODECS

# Enough for detection, whose time grows with its input.
_SAMPLE_BYTES = 8_192

_HIGH_BYTES = bytes(range(0x80, 0x100))
_HIGH_BYTE_RUN = re.compile(rb"[\x80-\xff]+")
_REPEATED_HIGH_BYTE = re.compile(rb"([\x80-\xff])\1+")
# Charsets of mail without a label. charset-normalizer also knows EBCDIC, which differs from ASCII.
_DETECTED_CODECS = [
    *("cp1251", "koi8_u", "cp1252", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "cp874", "iso8859_2", "iso8859_7"),
]
# What English, French, German, Spanish, Italian, Portuguese and Nordic texts have beyond ASCII.
_WESTERN_LETTERS = (
    "àâäáãåæçéèêëíîïìóôöòõøœúûüùñßÀÂÄÁÅÆÇÉÈÊÍÓÔÖØÚÜÑ«»¿¡€£§°’‘“”„–—…•©®´·\xa0"
).encode("cp1252")
_UNDEFINED_IN_CP1252 = b"\x81\x8d\x8f\x90\x9d"
# The commonest letters of Russian and Ukrainian text; capitals are rare in text.
_COMMON_LETTERS = frozenset("оеаинтсрвлкмдпуяыьгзбчйхжшюфцщэёіїє")
_INITIAL_LETTERS = _COMMON_LETTERS - frozenset("ыь")
_VOWELS = frozenset("оеаиуяыюэёіїє")


def detect_codec(data: bytes, fallback: str) -> str:
    """Return the codec that bytes beyond ASCII, which are no UTF-8, look like.

    charset-normalizer decides, except on short texts, where it is weak. The fallback is for bytes
    that look like nothing.
    """
    sample = data[:_SAMPLE_BYTES]
    if len(data) > _SAMPLE_BYTES:
        # A double-byte character that is cut in two would rule out the right codec.
        last_run = len(sample) - len(sample.rstrip(_HIGH_BYTES))
        sample = sample[: len(sample) - last_run % 2]
    cyrillic = _guess_cyrillic_codec(sample)
    if cyrillic:
        return cyrillic
    if _has_western_letters_only(sample) and not _has_non_latin_words(sample):
        return "cp1252"
    if len(sample) - len(sample.translate(None, _HIGH_BYTES)) < 3:
        return fallback  # too little for detection
    best = from_bytes(sample, cp_isolation=_DETECTED_CODECS, enable_fallback=False).best()
    codec = best.encoding if best else fallback
    return _correct_korean_codec(sample) if codec == "cp949" else codec


def is_western(data: bytes) -> bool:
    """Return whether bytes can be text of a language in Latin letters, as their label says."""
    sample = data[:_SAMPLE_BYTES]
    if not _has_non_latin_words(sample):
        return True
    high = len(sample) - len(sample.translate(None, _HIGH_BYTES))
    # The letters of "äöüß" are Cyrillic ones too; a text of them is long enough to tell.
    is_clear = high >= 8 and _guess_cyrillic_codec(sample)
    defined = sample.translate(None, _UNDEFINED_IN_CP1252)
    return _has_western_letters_only(defined) and not is_clear


def is_cyrillic(data: bytes) -> bool:
    """Return whether bytes read as words in one of the Cyrillic charsets."""
    return bool(_guess_cyrillic_codec(data[:_SAMPLE_BYTES]))


def guess_utf16_codec(data: bytes) -> str:
    """Return utf-16-le or utf-16-be for bytes that look like it, else "".

    In an alphabetic script every second byte is zero or the number of the script's block.
    """
    sample = data[:_SAMPLE_BYTES]
    if b"\x00" not in sample:  # nearly always, and counting bytes takes long
        return ""
    for codec, high, low in (
        ("utf-16-le", sample[1::2], sample[0::2]),
        ("utf-16-be", sample[0::2], sample[1::2]),
    ):
        common = Counter(high).most_common(2)
        is_high = all(byte < 0x20 for byte, _ in common) and high.count(0) >= 2
        if is_high and sum(count for _, count in common) >= 0.9 * len(high) and 0 not in low:
            return codec
    return ""


def _has_western_letters_only(sample: bytes) -> bool:
    return sample.translate(None, _WESTERN_LETTERS).isascii()


def _has_non_latin_words(sample: bytes) -> bool:
    """Return whether bytes have whole words of high bytes, as no language in Latin letters has."""
    # Rows of no-break spaces or of dashes are no words.
    runs = _HIGH_BYTE_RUN.findall(_REPEATED_HIGH_BYTE.sub(rb"\1", sample))
    return sum(len(run) for run in runs if len(run) >= 3) * 2 > sum(map(len, runs))


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
    if not _has_non_latin_words(sample):
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


def _correct_korean_codec(sample: bytes) -> str:
    """Return cp949, or the codec of the Chinese or Japanese that only looks like Korean."""
    text = sample.decode("cp949", "replace")
    # Modern Korean is written without ideographs, and its letters in syllables; single letters
    # have the places of kana in EUC-JP.
    if sum("\u4e00" <= letter <= "\u9fff" for letter in text) * 5 > len(text):
        return "gb18030"
    single_letters = sum("\u3131" <= letter <= "\u318e" for letter in text)
    return "euc_jp" if single_letters * 3 > len(text) else "cp949"
