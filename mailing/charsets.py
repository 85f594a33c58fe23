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
    "ascii": "cp1252",
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
    "koi8-r": "koi8-r",
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
    "koi8": "koi8-r",
    "koi8ru": "koi8-u",
    "xkoi8r": "koi8-r",
    "latin1": "iso8859-1",
    "isolatin1": "iso8859-1",
    "cyrillic": "iso8859-5",
}
# A label that says nothing: the bytes decide.
_EMPTY_LABELS = frozenset(
    [
        "unknown",
        "unknown8bit",
        "xunknown",
        "xuserdefined",
        "userdefined",
        "default",
        "none",
        "null",
        "binary",
        "8bit",
        "7bit",
        "auto",
        "charset",
        "xnone",
        "undefined",
    ]
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
_CYRILLIC = ("cp1251", "koi8-r", "cp866", "iso8859-5")
_WESTERN = frozenset(("cp1252", "iso8859-1", "iso8859-15", "cp850", "mac_roman"))
# The commonest letters of Russian and Ukrainian text; capitals are rare in text.
_COMMON = frozenset("оеаинтсрвлкмдпуяыьгзбчйхжшюіїє")


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
    if codec.startswith(("utf-16", "utf-32", "utf-7", "hz", "iso2022")):
        return clean(_stateful(data, codec))
    if data.isascii():
        return clean(_ascii(data))
    utf8 = _strict(data, "utf-8")
    if utf8 is not None:
        # Text in another charset is not valid UTF-8 by chance, but for a few characters of the
        # double-byte ones.
        double_byte = codec.startswith(("gb", "big5", "cp9", "euc", "shift"))
        if not double_byte or _strict(data, codec) is None:
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
    """Decode unlabelled bytes by charset-normalizer, helped where it is weak: short Cyrillic."""
    text = _strict(data, "utf-8")
    if text is not None:
        return clean(text)
    sample = data[:_SAMPLE_BYTES]
    codec = _cyrillic_codec(sample)
    if not codec:
        best = from_bytes(sample, enable_fallback=False).best()
        codec = best.encoding if best else "cp1252"
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
    score, codec = max((_score(sample, name), name) for name in _CYRILLIC)
    return codec if score > 0.75 else ""


def _score(sample: bytes, codec: str) -> float:
    """The share of common lower-case Cyrillic letters, or a word's capital, in the high bytes."""
    high = b" ".join(_HIGH_RUN.findall(sample))
    if len(high) < 4:
        return 0.0
    good = total = 0
    for word in high.decode(codec, "replace").split():
        total += len(word)
        good += sum(letter in _COMMON for letter in word[1:])
        first = word[0].lower()
        good += first in _COMMON or first in "фцщэ"
    return good / total if total else 0.0
