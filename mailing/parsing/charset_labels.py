"""Find the codec that a charset label of a mail means.

Labels are looked up as browsers do (WHATWG Encoding Standard), with the additions that mail needs.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

import webencodings
from webencodings.labels import LABELS

CYRILLIC_CODECS = ("cp1251", "koi8-u", "cp866", "iso8859-5")
WESTERN_CODECS = frozenset(("cp1252", "iso8859-1", "iso8859-15", "cp850", "mac-roman"))

# Where mail means another codec than WHATWG or Python.
_SUPERSETS = {
    # WHATWG decodes gbk as gb18030 too: https://encoding.spec.whatwg.org/#gbk-decoder
    "gbk": "gb18030",
    "cp950": "big5hkscs",
    # Mailers write half-width kana under the plain label.
    "iso2022_jp": "iso2022_jp_ext",
    "iso2022_jp_1": "iso2022_jp_ext",
    "utf-8-sig": "utf-8",
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
    "macintoshcyrillic": "mac_cyrillic",
    "tis6202533": "tis-620",
    # Microsoft's code pages and older names of East Asian charsets.
    "euc": "euc_jp",
    "cp51932": "euc_jp",
    "eucjpms": "euc_jp",
    "eucjpwin": "euc_jp",
    "eucjpopen": "euc_jp",
    "iso2022jpms": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "cp50222": "iso2022_jp_ext",
    "big5eten": "big5hkscs",
    "cswindows31j": "cp932",
    "mscp932": "cp932",
    "cngb": "gb18030",
    "euccn": "gb18030",
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


def find_codec(label: str) -> str:
    """Return the Python codec to decode a charset label with, or "" when it names no charset.

    That is the codec of the superset that senders really use: iso-8859-1 means windows-1252.
    """
    label = label.strip().strip("\"'").split("*")[0].split("$")[0].lower()
    # A mail names its charset with every encoded word; only usual labels are worth remembering.
    return _find_usual_codec(label) if len(label) <= 40 else _find_codec(label)


def _find_codec(label: str) -> str:
    key = _reduce_label(label)
    if not key or len(key) > 40 or key in _EMPTY_LABELS:
        return ""
    windows = re.fullmatch(r"(?:x?cp|x?win|x?windows|xansi|ms|microsoftcp|ibm)(125\d|\d{3})", key)
    iso = re.match(r"x?iso8859(\d{1,2})", key)
    names = (
        f"cp{windows[1]}" if windows else "",
        label,
        label.removeprefix("x-"),
        key,
        f"iso8859-{iso[1]}" if iso else "",
    )
    codec = _find_known_codec(key) or _find_known_codec(key.removeprefix("x"))
    codec = codec or next(filter(None, map(_find_python_codec, names)), "")
    # Python's own codec of that name may be narrower than WHATWG's.
    codec = _find_known_codec(_reduce_label(codec)) or codec
    return _SUPERSETS.get(codec, codec)


_find_usual_codec = lru_cache(maxsize=256)(_find_codec)


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
