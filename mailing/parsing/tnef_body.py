"""Read the body of the message in a winmail.dat: text, HTML or compressed RTF."""

from __future__ import annotations

from compressed_rtf import decompress  # type: ignore[import-untyped]  # it has no types

from mailing.parsing import charsets, rtf, tnef

_PR_RTF_COMPRESSED, _PR_INTERNET_CODE_PAGE = 0x1009, 0x3FDE
_LONG = 3
_BODY_BYTES = 8_000_000
# The library decompresses 400 kB in one second, to eight times as much at most.
_COMPRESSED_RTF_BYTES = 400_000
_RTF_BYTES = 2_000_000


def read_body(container: bytes) -> tuple[str, str]:
    """Return the text and the HTML of the container's message, each "" if it has none.

    Never raises.
    """
    text = html = ""
    code_page = "cp1252"
    for attribute, value in tnef.iter_attributes(memoryview(container)):
        if attribute == tnef.OEM_CODEPAGE and len(value) >= 4:
            code_page = _name_code_page(value)
        elif attribute == tnef.BODY:
            text = text or _decode(value, code_page)
        elif attribute == tnef.MESSAGE_PROPERTIES:
            own_text, html = _read_properties(value, code_page)
            return text or own_text, html  # a message has its properties once
    return text, html


def _read_properties(properties: memoryview, code_page: str) -> tuple[str, str]:
    values = {
        (number, kind): value
        for number, kind, value in tnef.iter_properties(properties)
        if number in (tnef.PR_BODY, tnef.PR_HTML, _PR_RTF_COMPRESSED, _PR_INTERNET_CODE_PAGE)
    }
    text = html = ""
    if own_code_page := values.get((_PR_INTERNET_CODE_PAGE, _LONG)):
        html_code_page = _name_code_page(own_code_page)
    else:
        html_code_page = ""
    for kind, text_code_page in ((tnef.UNICODE, "utf-16-le"), (tnef.STRING, code_page)):
        if value := values.get((tnef.PR_BODY, kind)):
            text = text or _decode(value, text_code_page)
        if value := values.get((tnef.PR_HTML, kind)):
            html = html or _decode(value, text_code_page)
    if value := values.get((tnef.PR_HTML, tnef.BINARY)):
        html = html or _decode(value, html_code_page)
    compressed = values.get((_PR_RTF_COMPRESSED, tnef.BINARY))
    if compressed and not html:
        rtf_text, html = rtf.read_rtf(decompress_rtf(bytes(compressed)))
        text = text or rtf_text
    return text, html


def decompress_rtf(compressed: bytes) -> bytes:
    """Return the first 2 MB of compressed RTF (MS-OXRTFCP); b"" if it is damaged or too large."""
    if len(compressed) > _COMPRESSED_RTF_BYTES:
        return b""
    try:
        return bytes(decompress(compressed)[:_RTF_BYTES])
    except Exception:  # noqa: BLE001 - the library raises nothing narrower for damaged data
        return b""


def _name_code_page(value: memoryview) -> str:
    number = int.from_bytes(value[:4], "little")
    return "utf-8" if number == 65001 else f"cp{number}"


def _decode(value: memoryview, encoding: str) -> str:
    raw = bytes(value[:_BODY_BYTES])
    if encoding == "utf-16-le":
        decoded = raw.decode(encoding, "replace")
    else:
        decoded = charsets.decode(raw, encoding)
    return charsets.make_storable(decoded.split("\0")[0]).replace("\r\n", "\n").replace("\r", "\n")
