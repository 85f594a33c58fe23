"""Decode bytes to text: by their charset label, or by what they look like when it is wrong.

Labels are looked up as browsers do (WHATWG Encoding Standard), with the additions that mail needs.
"""

from __future__ import annotations

import codecs
import re

import webencodings
from charset_normalizer import from_bytes
from webencodings.labels import LABELS

# Enough for detection, whose time grows with its input.
_SAMPLE_BYTES = 8_192

# Where mail means another codec than WHATWG or Python.
_SUPERSETS = {
    # WHATWG decodes gbk as gb18030 too: https://encoding.spec.whatwg.org/#gbk-decoder
    "gbk": "gb18030",
    "cp950": "big5hkscs",
    # Mailers write half-width kana under the plain label.
    "iso2022_jp": "iso2022_jp_ext",
    "iso2022_jp_1": "iso2022_jp_ext",
    # Differs by the Ukrainian letters alone, in the place of box drawing.
    "koi8-r": "koi8-u",
}
# Labels in mail, reduced to letters and digits, that WHATWG and Python do not know or, where a
# comment says so, understand differently.
_MAIL_LABELS = {
    # WHATWG reads ASCII as windows-1252; in mail other bytes under this label are a wrong label.
    "ascii": "ascii",
    "usascii": "ascii",
    "ansix341968": "ascii",
    # WHATWG means UTF-16LE, but mailers write it over UTF-8.
    "unicode": "utf-8",
    # In WHATWG UTF-16LE, whatever the byte order mark says.
    "utf16": "utf-16",
    # MySQL's names.
    "utf8mb4": "utf-8",
    "utf8mb3": "utf-8",
    # RFC 1642's name.
    "unicode11utf7": "utf-7",
    # Names that programs gave to their system's charset.
    "ansi": "cp1252",
    "isolatin1": "cp1252",
    "macce": "mac_latin2",
    # Microsoft's code pages and older names of East Asian charsets.
    "euc": "euc_jp",
    "cp51932": "euc_jp",
    "iso2022jpms": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "big5eten": "big5hkscs",
}
_WHATWG_LABELS = {re.sub(r"[^a-z0-9]", "", label): label for label in LABELS}
# Labels that name no charset, or that mailers write over anything: the bytes decide. WHATWG takes
# the names of UCS-2 for UTF-16LE, but mail under them is as often UTF-8 or big-endian.
_EMPTY_LABELS = frozenset(
    {"unknown", "unknown8bit", "xunknown", "xuserdefined", "userdefined", "default", "none"}
    | {"null", "binary", "8bit", "7bit", "auto", "charset", "xnone", "undefined"}
    | {"ucs2", "iso10646ucs2", "csunicode", "unicodefeff", "unicodefffe"}
)
# Python's registry also holds codecs that are no charsets (base64, idna, unicode_escape …), some of
# them slow on hostile input: only these families are taken from it.
_CHARSET_NAME = re.compile(
    r"ascii|utf-(?:7|8|8-sig|16|16-le|16-be|32|32-le|32-be)|iso8859-\d+|cp\d+|koi8[-_][rut]|kz1048"
    r"|mac[-_]\w+|gb2312|gbk|gb18030|hz|big5|big5hkscs|euc_\w+|shift_\w+|iso2022_\w+|johab"
    r"|ptcp154|hp-roman8|tis-620"
)
_ISO_2022_JP_ESCAPE = re.compile(rb"\x1b(?:\$[@B]|\([JI])")
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
_HIGH_BYTE_RUN = re.compile(rb"[\x80-\xff]+")
# Charsets of mail without a label. charset-normalizer also knows EBCDIC, which differs from ASCII.
_DETECTED_CODECS = [
    *("cp1251", "koi8_u", "cp1252", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "cp874", "iso8859_2", "iso8859_7"),
]
_HIGH_BYTES = bytes(range(0x80, 0x100))
_CYRILLIC_CODECS = ("cp1251", "koi8-u", "cp866", "iso8859-5")
_WESTERN_CODECS = frozenset(("cp1252", "iso8859-1", "iso8859-15", "cp850", "mac_roman"))
# What English, French, German, Spanish, Italian, Portuguese and Nordic texts have beyond ASCII.
_WESTERN_LETTERS = frozenset(
    "àâäáãåæçéèêëíîïìóôöòõøœúûüùñßÀÂÄÁÅÆÇÉÈÊÍÓÔÖØÚÜÑ«»¿¡€£§°’‘“”–—…•©®´·\xa0".encode("cp1252")
)
# The commonest letters of Russian and Ukrainian text; capitals are rare in text.
_COMMON_LETTERS = frozenset("оеаинтсрвлкмдпуяыьгзбчйхжшюфцщэёіїє")
_INITIAL_LETTERS = _COMMON_LETTERS - frozenset("ыь")
_VOWELS = frozenset("оеаиуяыюэёіїє")


def make_storable(text: str) -> str:
    """Drop NULs and replace lone surrogates, neither of which PostgreSQL's text type accepts."""
    return _NOT_STORABLE.sub(lambda match: "" if match[0] == "\x00" else "\ufffd", text)


def find_codec(label: str) -> str:
    """Return the Python codec to decode a charset label with, or "" when it names no charset.

    That is the codec of the superset that senders really use: iso-8859-1 means windows-1252.
    """
    label = label.strip().strip("\"'").split("*")[0].split("$")[0].lower()
    key = _reduce_label(label)
    if not key or len(key) > 40 or key in _EMPTY_LABELS:
        return ""
    windows = re.fullmatch(r"(?:x?cp|x?win|x?windows|xansi|ms|microsoftcp|ibm)(125\d|\d{3})", key)
    iso = re.match(r"x?iso8859(\d{1,2})", key)
    names = (f"cp{windows[1]}" if windows else "", label, key, f"iso8859-{iso[1]}" if iso else "")
    codec = _find_known_codec(key) or _find_known_codec(key.removeprefix("x"))
    codec = codec or next(filter(None, map(_find_python_codec, names)), "")
    # Python's own codec of that name may be narrower than WHATWG's.
    codec = _find_known_codec(_reduce_label(codec)) or codec
    return _SUPERSETS.get(codec, codec)


def _reduce_label(label: str) -> str:
    return re.sub(r"[^a-z0-9]", "", label)


def _find_known_codec(key: str) -> str:
    if key in _MAIL_LABELS:
        return _MAIL_LABELS[key]
    encoding = webencodings.lookup(_WHATWG_LABELS.get(key, ""))
    return _find_python_codec(encoding.codec_info.name) if encoding else ""


def _find_python_codec(name: str) -> str:
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
    return codec if _CHARSET_NAME.fullmatch(codec) else ""


def decode(data: bytes, label: str = "") -> str:
    """Decode bytes by their label where it fits them, else by what they look like.

    Never raises. The result has no NUL and no lone surrogates.
    """
    return make_storable(_decode(data, label))


def _decode(data: bytes, label: str) -> str:
    if data.startswith(codecs.BOM_UTF8):
        return data[3:].decode("utf-8", "replace")
    codec = find_codec(label)
    codec = "" if codec == "ascii" and not data.isascii() else codec
    if codec.startswith(("utf-16", "utf-32", "utf-7", "hz", "iso2022")):
        return _decode_stateful(data, codec)
    if data.isascii():
        return _decode_ascii(data)
    utf8 = _decode_strictly(data, "utf-8")
    if utf8 is not None:
        # Text in another charset is not valid UTF-8 by chance, except a word or two in a
        # double-byte charset.
        double_byte = codec.startswith(("gb", "big5", "cp9", "euc", "shift"))
        high = len(data) - len(data.translate(None, _HIGH_BYTES))
        if not double_byte or high >= 12 or _decode_strictly(data, codec) is None:
            return utf8
    text = _decode_as_labelled(data, codec) if codec else None
    return _decode_unlabelled(data) if text is None else text


def _decode_as_labelled(data: bytes, codec: str) -> str | None:
    """Decode by the codec of the label; None when the label is wrong."""
    if codec in _WESTERN_CODECS and _has_non_latin_words(data):
        return None
    if codec in _CYRILLIC_CODECS:
        return _decode_cyrillic(data, codec)
    if codec == "utf-8":
        text = data.decode("utf-8", "replace")
        # A cut or damaged character or two is no reason to doubt the label.
        is_damaged = text.count("\ufffd") * 3 > len(_HIGH_BYTE_RUN.findall(data[:_SAMPLE_BYTES]))
        return None if is_damaged else text
    strict = _decode_strictly(data, codec)
    if strict is not None:
        return strict
    if codec in _WESTERN_CODECS:
        return data.decode("latin-1")
    text = data.decode(codec, "replace")
    return text if text.count("\ufffd") * 20 <= len(text) else None


def _decode_unlabelled(data: bytes) -> str:
    """Decode bytes of an unknown charset by what they look like.

    charset-normalizer decides, except on short texts, where it is weak.
    """
    text = _decode_strictly(data, "utf-8")
    if text is not None:
        return text
    text = data.decode("utf-8", "replace")
    if text.count("\ufffd") * 4 <= len(text) - len(text.encode("ascii", "ignore")):
        return text  # UTF-8 that was cut or damaged
    codec = _detect_codec(data[:_SAMPLE_BYTES])
    strict = _decode_strictly(data, codec)
    return data.decode(codec, "replace") if strict is None else strict


def _detect_codec(sample: bytes) -> str:
    cyrillic = _guess_cyrillic_codec(sample)
    if cyrillic:
        return cyrillic
    high_bytes = b"".join(_HIGH_BYTE_RUN.findall(sample))
    is_western = all(byte in _WESTERN_LETTERS for byte in high_bytes)
    if is_western and not _has_non_latin_words(sample):
        return "cp1252"
    if len(high_bytes) < 3:
        return "cp1252"  # too little for detection
    best = from_bytes(sample, cp_isolation=_DETECTED_CODECS, enable_fallback=False).best()
    codec = best.encoding if best else "cp1252"
    # Modern Korean is written without ideographs.
    return "gb18030" if codec == "cp949" and _has_ideographs(sample) else codec


def _decode_ascii(data: bytes) -> str:
    if _ISO_2022_JP_ESCAPE.search(data):
        text = _decode_strictly(data, "iso2022_jp_ext")
        if text is not None:
            return text
    return data.decode("ascii")


def _decode_stateful(data: bytes, codec: str) -> str:
    text = _decode_strictly(data, codec)
    if text is not None:
        return text
    if not data.isascii():
        utf8 = _decode_strictly(data, "utf-8")
        if utf8 is not None and not codec.startswith(("utf-16", "utf-32")):
            return utf8
    try:
        return data.decode(codec, "replace")
    except (UnicodeError, ValueError):
        return data.decode("latin-1")


def _decode_strictly(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError, LookupError):
        return None


def _has_non_latin_words(data: bytes) -> bool:
    """Return whether bytes have whole words of high bytes, as no language in Latin letters has."""
    runs = _HIGH_BYTE_RUN.findall(data[:_SAMPLE_BYTES])
    return sum(len(run) for run in runs if len(run) >= 3) * 2 > sum(map(len, runs))


def _decode_cyrillic(data: bytes, codec: str) -> str:
    """Decode by a Cyrillic label, unless the bytes clearly are in another Cyrillic charset."""
    best = _guess_cyrillic_codec(data[:_SAMPLE_BYTES])
    if best and best != codec:
        labelled, other = (_score_as_cyrillic(data[:_SAMPLE_BYTES], name) for name in (codec, best))
        if other > 0.8 and labelled < 0.5:
            codec = best
    return data.decode(codec, "replace")


def _guess_cyrillic_codec(sample: bytes) -> str:
    if not _has_non_latin_words(sample):
        return ""
    score, codec = max((_score_as_cyrillic(sample, name), name) for name in _CYRILLIC_CODECS)
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
