"""Bytes to text: the labels mail carries, the labels it should have carried, and none at all."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

# Enough to tell a charset by; the detector's time grows with its input.
_SAMPLE_BYTES = 8_192

# Python's codec for a label: the superset that senders really use, rather than the letter of the
# label (WHATWG Encoding Standard, "Names and labels": gb2312 means gb18030, iso-8859-1 means 1252).
_SUPERSETS = {
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "hz": "hz",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "iso2022_jp": "iso2022_jp_ext",
    "iso2022_jp_1": "iso2022_jp_ext",
    "iso2022_jp_2": "iso2022_jp_2",
    "koi8-r": "koi8-u",
}
# What mailers write and Python does not know, after letters and digits alone are kept.
_ALIASES = {
    "utf8mb4": "utf-8",
    "utf8mb3": "utf-8",
    "unicode": "utf-8",
    "unicode11utf8": "utf-8",
    "unicode11utf7": "utf-7",
    "xutf8": "utf-8",
    "ansi": "cp1252",
    "ansix341968": "ascii",
    "iso88598i": "iso8859-8",
    "iso88598e": "iso8859-8",
    "iso88596i": "iso8859-6",
    "xsjis": "cp932",
    "xshiftjis": "cp932",
    "windows31j": "cp932",
    "mskanji": "cp932",
    "xeuc": "euc_jp",
    "xeucjp": "euc_jp",
    "cp51932": "euc_jp",
    "iso2022jpms": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "ksc56011987": "cp949",
    "ksc56011989": "cp949",
    "ksc5601": "cp949",
    "ksx1001": "cp949",
    "isoir149": "cp949",
    "windows949": "cp949",
    "xgbk": "gb18030",
    "gb231280": "gb18030",
    "xgb18030": "gb18030",
    "xbig5": "big5hkscs",
    "big5eten": "big5hkscs",
    "tis620": "cp874",
    "windows874": "cp874",
    "dos874": "cp874",
    "xmaccyrillic": "mac_cyrillic",
    "xmacce": "mac_latin2",
    "macintosh": "mac_roman",
    "xmacroman": "mac_roman",
    "koi8": "koi8-u",
    "koi8r": "koi8-u",
    "koi8u": "koi8-u",
    "koi8ru": "koi8-u",
    "xkoi8r": "koi8-u",
    "latin1": "iso8859-1",
    "isolatin1": "iso8859-1",
    "cyrillic": "iso8859-5",
}
# A label that says nothing: the bytes decide.
_EMPTY_LABELS = frozenset(
    {"unknown", "unknown8bit", "xunknown", "xuserdefined", "userdefined", "default", "none"}
    | {"null", "binary", "8bit", "7bit", "auto", "charset", "xnone", "undefined"}
)
# Python's registry also holds codecs that are no charsets (base64, idna, unicode_escape …), some of
# them slow on hostile input: only these families are taken from it.
_CHARSET_NAME = re.compile(
    r"ascii|utf-(?:7|8|8-sig|16|16-le|16-be|32|32-le|32-be)|iso8859-\d+|cp\d+|koi8[-_][rut]|kz1048"
    r"|mac[-_]\w+|gb2312|gbk|gb18030|hz|big5|big5hkscs|euc_\w+|shift_\w+|iso2022_\w+|johab"
    r"|ptcp154|hp-roman8|tis-620"
)
_ESCAPES_JP = re.compile(rb"\x1b(?:\$[@B]|\([JI])")
_BAD = re.compile("[\x00\ud800-\udfff]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
# What mail without a label is in; the detector also knows EBCDIC, in which ASCII is something else.
_CANDIDATES = [
    *("cp1251", "koi8_u", "cp1252", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "cp874", "iso8859_2", "iso8859_7"),
]
_HIGH = bytes(range(0x80, 0x100))
_CYRILLIC = ("cp1251", "koi8-u", "cp866", "iso8859-5")
_WESTERN = frozenset(("cp1252", "iso8859-1", "iso8859-15", "cp850", "mac_roman"))
# What English, French, German, Spanish, Italian, Portuguese and Nordic texts have beyond ASCII.
_WESTERN_LETTERS = frozenset(
    "àâäáãåæçéèêëíîïìóôöòõøœúûüùñßÀÂÄÁÅÆÇÉÈÊÍÓÔÖØÚÜÑ«»¿¡€£§°’‘“”–—…•©®´·\xa0".encode("cp1252")
)
# The commonest letters of Russian and Ukrainian text; capitals are rare in text.
_COMMON = frozenset("оеаинтсрвлкмдпуяыьгзбчйхжшюфцщэёіїє")
_FIRST = _COMMON - frozenset("ыь")
_VOWELS = frozenset("оеаиуяыюэёіїє")


def clean(text: str) -> str:
    """Drop NUL and lone surrogates, which PostgreSQL's text type does not take."""
    return _BAD.sub(lambda bad: "" if bad[0] == "\x00" else "\ufffd", text)


def codec_for(label: str) -> str:
    """Return Python's codec for a charset label, or "" when the label says nothing usable."""
    label = label.strip().strip("\"'").split("*")[0].split("$")[0].lower()
    key = re.sub(r"[^a-z0-9]", "", label)
    if not key or len(key) > 40 or key in _EMPTY_LABELS:
        return ""
    windows = re.fullmatch(r"(?:x?cp|x?win|x?windows|xansi|ms|microsoftcp|ibm)(125\d|\d{3})", key)
    for name in (_ALIASES.get(key, ""), f"cp{windows[1]}" if windows else "", label, key):
        found = _lookup(name) if name else ""
        if found:
            return _SUPERSETS.get(found, found)
    iso = re.match(r"x?iso8859(\d{1,2})", key)
    found = _lookup(f"iso8859-{iso[1]}") if iso else ""
    return _SUPERSETS.get(found, found)


def _lookup(name: str) -> str:
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
    return found if _CHARSET_NAME.fullmatch(found) else ""


def decode(data: bytes, label: str = "") -> str:
    """Decode bytes by their label where it fits them, else by what they look like.

    Never raises. The result has no NUL and no lone surrogates.
    """
    if data.startswith(codecs.BOM_UTF8):
        return clean(data[3:].decode("utf-8", "replace"))
    codec = codec_for(label)
    codec = "" if codec == "ascii" and not data.isascii() else codec
    if codec.startswith(("utf-16", "utf-32", "utf-7", "hz", "iso2022")):
        return clean(_stateful(data, codec))
    if data.isascii():
        return clean(_ascii(data))
    utf8 = _strict(data, "utf-8")
    if utf8 is not None:
        # Text in another charset is not valid UTF-8 by chance, but for a word or two in one of the
        # double-byte ones.
        double_byte = codec.startswith(("gb", "big5", "cp9", "euc", "shift"))
        high = len(data) - len(data.translate(None, _HIGH))
        if not double_byte or high >= 12 or _strict(data, codec) is None:
            return clean(utf8)
    if codec in _WESTERN and _looks_foreign(data):
        return clean(detect(data))
    if codec in _CYRILLIC:
        return clean(_cyrillic(data, codec))
    if codec and codec != "utf-8":
        text = _strict(data, codec)
        if text is not None:
            return clean(text)
        if codec in _WESTERN:
            return clean(data.decode("latin-1"))
        text = data.decode(codec, "replace")
        if text.count("\ufffd") * 20 <= len(text):
            return clean(text)
    if codec == "utf-8":
        text = data.decode("utf-8", "replace")
        # A cut or damaged character or two is no reason to doubt the label.
        if text.count("\ufffd") * 3 <= len(_HIGH_RUN.findall(data[:_SAMPLE_BYTES])):
            return clean(text)
    return clean(detect(data))


def detect(data: bytes) -> str:
    """Decode unlabelled bytes by charset-normalizer, helped where it is weak: short texts."""
    text = _strict(data, "utf-8")
    if text is not None:
        return clean(text)
    sample = data[:_SAMPLE_BYTES]
    runs = _HIGH_RUN.findall(sample)
    text = data.decode("utf-8", "replace")
    if text.count("\ufffd") * 4 <= len(text) - len(text.encode("ascii", "ignore")):
        return clean(text)  # UTF-8 that was cut or damaged
    codec = _cyrillic_codec(sample)
    if not codec and all(byte in _WESTERN_LETTERS for byte in b"".join(runs)):
        codec = "" if _looks_foreign(sample) else "cp1252"
    if not codec and len(b"".join(runs)) < 3:
        codec = "cp1252"  # too little to tell by
    if not codec:
        best = from_bytes(sample, cp_isolation=_CANDIDATES, enable_fallback=False).best()
        codec = best.encoding if best else "cp1252"
        codec = _SUPERSETS.get(_lookup(codec), codec)
        if codec == "cp949" and _has_ideographs(data):
            codec = "gb18030"  # modern Korean is written without them
    text = _strict(data, codec)
    return clean(text if text is not None else data.decode(codec, "replace"))


def _ascii(data: bytes) -> str:
    if _ESCAPES_JP.search(data):
        text = _strict(data, "iso2022_jp_ext")
        if text is not None:
            return text
    return data.decode("ascii")


def _stateful(data: bytes, codec: str) -> str:
    text = _strict(data, codec)
    if text is not None:
        return text
    if not data.isascii():
        utf8 = _strict(data, "utf-8")
        if utf8 is not None and not codec.startswith(("utf-16", "utf-32")):
            return utf8
    try:
        return data.decode(codec, "replace")
    except (UnicodeError, ValueError):
        return data.decode("latin-1")


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError, LookupError):
        return None


def _looks_foreign(data: bytes) -> bool:
    """Whether bytes labelled Western are none: whole words of high bytes, which no language
    written in Latin letters has."""
    runs = _HIGH_RUN.findall(data[:_SAMPLE_BYTES])
    return sum(len(run) for run in runs if len(run) >= 3) * 2 > sum(map(len, runs))


def _cyrillic(data: bytes, codec: str) -> str:
    """Decode by a Cyrillic label, unless the bytes clearly are in another Cyrillic charset."""
    best = _cyrillic_codec(data[:_SAMPLE_BYTES])
    if best and best != codec:
        labelled, other = (_score(data[:_SAMPLE_BYTES], name) for name in (codec, best))
        if other > 0.8 and labelled < 0.5:
            codec = best
    return data.decode(codec, "replace")


def _cyrillic_codec(sample: bytes) -> str:
    if not _looks_foreign(sample):
        return ""
    score, codec = max((_score(sample, name), name) for name in _CYRILLIC)
    return codec if score > 0.8 else ""


def _score(sample: bytes, codec: str) -> float:
    """How much the high bytes are Cyrillic words: the share of common lower-case letters, or a
    capital in front; 0 when vowels are too few or too many, or signs stand where none can."""
    words = b" ".join(_HIGH_RUN.findall(sample)).decode(codec, "replace").split()
    letters = "".join(words)
    vowels = sum(letter in _VOWELS for letter in letters.lower())
    if len(letters) < 4 or not 0.25 <= vowels / len(letters) <= 0.7:
        return 0.0
    good = 0
    for word in words:
        good += sum(letter in _COMMON for letter in word[1:])
        good += word[0].lower() in _FIRST
        good -= len(word) if word[-1] == "ъ" else 0
    return good / len(letters)


def _has_ideographs(data: bytes) -> bool:
    text = data[:_SAMPLE_BYTES].decode("cp949", "replace")
    return sum("\u4e00" <= letter <= "\u9fff" for letter in text) * 5 > len(text)
