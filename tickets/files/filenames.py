"""File names from strangers, made safe to store, to show and to save under."""

import mimetypes
import re
import unicodedata
from urllib.parse import quote

_NAME_CHARACTERS = 150
_NAME_BYTES = 240  # file systems take 255 bytes, and browsers append " (1)"
_EXTENSION_CHARACTERS = 20

# Characters that Windows refuses in a name; path separators are handled before.
_FORBIDDEN = re.compile(r'[<>:"|?*]')
# Device names, with any extension (learn.microsoft.com, "Naming Files, Paths, and Namespaces").
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])[ .]*(?:\.|$)", re.I
)
# Control and format characters (bidi overrides, zero-width characters), surrogates, private use,
# unassigned, line and paragraph separators.
_INVISIBLE_CATEGORIES = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
# ZWNJ and ZWJ join letters in Persian, Indian scripts and emoji.
_JOINERS = "\u200c\u200d"


def safe_filename(name: str, claimed_type: str = "") -> str:
    """Return a file's name without its path and without what hides, misleads or cannot be saved.

    Letters of every script stay. A name of which nothing is left becomes "file", with the
    extension of the claimed type. At most 150 characters and 240 bytes of UTF-8, with the
    extension kept.
    """
    name = re.split(r"[/\\]", name[-10_000:].rstrip("/\\"))[-1]
    name = "".join(char if _is_visible(char) else " " if char.isspace() else "" for char in name)
    name = " ".join(_FORBIDDEN.sub("_", unicodedata.normalize("NFC", name)).split())
    name = name.strip(" .") if not name.strip(" .") else name.rstrip(" .")
    if not name:
        return "file" + (mimetypes.guess_extension(claimed_type) or "")
    if name.startswith(".") or _RESERVED.match(name):
        name = f"_{name}"
    return _shorten(name)


def download_disposition(name: str) -> str:
    """Return the Content-Disposition that makes a browser save a file (RFC 6266, appendix D)."""
    name = safe_filename(name)
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    ascii_name = re.sub(r"[^A-Za-z0-9 ._()+=@,~-]", "_", ascii_name).strip()
    stem, dot, extension = ascii_name.rpartition(".")
    if not re.search(r"[A-Za-z0-9]", stem if dot else ascii_name):
        ascii_name = f"file{dot}{extension}" if dot else "file"
    header = f'attachment; filename="{ascii_name}"'
    return header if ascii_name == name else f"{header}; {_extended_parameter(name)}"


def mail_disposition(name: str) -> str:
    """Return the Content-Disposition of a part of a mail (RFC 2183, RFC 2231).

    It has the name once, because mail programs prefer a plain name to the extended one.
    """
    name = safe_filename(name)
    if re.fullmatch(r"[A-Za-z0-9 ._()+=@,~-]+", name):
        return f'attachment; filename="{name}"'
    return f"attachment; {_extended_parameter(name)}"


def _extended_parameter(name: str) -> str:
    # The safe characters are attr-char of RFC 8187.
    return f"filename*=UTF-8''{quote(name, safe='!#$&+-.^_`|~')}"


def _is_visible(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character) not in _INVISIBLE_CATEGORIES


def _shorten(name: str) -> str:
    if len(name) <= _NAME_CHARACTERS and len(name.encode()) <= _NAME_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > _EXTENSION_CHARACTERS:
        stem, dot, extension = name, "", ""
    stem = stem[: _NAME_CHARACTERS - len(dot + extension)]
    while len(f"{stem}{dot}{extension}".encode()) > _NAME_BYTES:
        stem = stem[:-1]
    return f"{stem.rstrip(' .')}{dot}{extension}"
