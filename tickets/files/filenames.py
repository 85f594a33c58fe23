"""Names of files from strangers: made safe to store, to show and to save under."""

import mimetypes
import re
import unicodedata
from urllib.parse import quote

NAME_CHARACTERS = 150
_NAME_BYTES = 240  # file systems take 255 bytes; " (1)" is put behind by browsers
_EXTENSION_CHARACTERS = 20

# What Windows does not take in a name, and the separators of paths.
_FORBIDDEN = re.compile(r'[<>:"|?*]')
# Devices, with any extension (learn.microsoft.com, "Naming Files, Paths, and Namespaces").
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])[ .]*(?:\.|$)", re.I
)
# Control and format characters (bidi overrides, zero-width ones), surrogates, private use,
# line and paragraph separators.
_UNSEEN_CATEGORIES = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
# ZWNJ and ZWJ join letters in Persian, Indian scripts and emoji.
_JOINERS = "\u200c\u200d"


def safe_name(name: str, claimed_type: str = "") -> str:
    """Return a file's name without a path and without what hides, deceives or cannot be saved.

    Letters of every script stay. A name of which nothing is left is "file", with the extension of
    the claimed type. At most 150 characters and 240 bytes of UTF-8, extension kept.
    """
    name = re.split(r"[/\\]", name[-10_000:].rstrip("/\\"))[-1]
    name = "".join(one if _is_seen(one) else " " if one.isspace() else "" for one in name)
    name = " ".join(_FORBIDDEN.sub("_", unicodedata.normalize("NFC", name)).split())
    name = name.strip(" .") if not name.strip(" .") else name.rstrip(" .")
    if not name:
        return "file" + (mimetypes.guess_extension(claimed_type) or "")
    if name.startswith(".") or _RESERVED.match(name):
        name = f"_{name}"
    return _shortened(name)


def content_disposition(name: str) -> str:
    """Return the header that has a browser save a file under its name (RFC 6266, appendix D)."""
    name = safe_name(name)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9 ._()+=@,~-]", "_", plain).strip()
    stem, dot, extension = plain.rpartition(".")
    if not re.search(r"[A-Za-z0-9]", stem if dot else plain):
        plain = f"file{dot}{extension}" if dot else "file"
    header = f'attachment; filename="{plain}"'
    return header if plain == name else f"{header}; {_extended(name)}"


def mail_disposition(name: str) -> str:
    """Return the header of a mail's part (RFC 2183, RFC 2231): the name once, since mail programs
    take a plain one for the better of two."""
    name = safe_name(name)
    if re.fullmatch(r"[A-Za-z0-9 ._()+=@,~-]+", name):
        return f'attachment; filename="{name}"'
    return f"attachment; {_extended(name)}"


def _extended(name: str) -> str:
    # RFC 8187: attr-char
    return f"filename*=UTF-8''{quote(name, safe='!#$&+-.^_`|~')}"


def _is_seen(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character) not in _UNSEEN_CATEGORIES


def _shortened(name: str) -> str:
    if len(name) <= NAME_CHARACTERS and len(name.encode()) <= _NAME_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > _EXTENSION_CHARACTERS:
        stem, dot, extension = name, "", ""
    stem = stem[: NAME_CHARACTERS - len(dot + extension)]
    while len(f"{stem}{dot}{extension}".encode()) > _NAME_BYTES:
        stem = stem[:-1]
    return f"{stem.rstrip(' .')}{dot}{extension}"
