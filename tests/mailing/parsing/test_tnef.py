"""The files in a winmail.dat, whole and damaged."""

import base64
import struct
import time

import pytest
from compressed_rtf import compress  # type: ignore[import-untyped]  # it has no types
from compressed_rtf.crc32 import crc32  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from mailing.parsing import tnef, tnef_body
from mailing.parsing.message import parse_with_files

REND, TITLE, DATA, ATTACHMENT, PROPERTIES, CODEPAGE = (
    0x9002, 0x8010, 0x800F, 0x9005, 0x9003, 0x9007,
)  # fmt: skip
IID_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")


def attribute(number: int, value: bytes, level: int = 2) -> bytes:
    checksum = sum(value) % 65_536
    return struct.pack("<BHHI", level, number, 6, len(value)) + value + struct.pack("<H", checksum)


def container(*attributes: bytes) -> bytes:
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(attributes)


def text(number: int, value: str) -> bytes:
    encoded = (value + "\0").encode("utf-16-le")
    return _variable(0x1F, number, encoded)


def _variable(kind: int, number: int, value: bytes) -> bytes:
    padding = b"\0" * (-len(value) % 4)
    return struct.pack("<HHII", kind, number, 1, len(value)) + value + padding


def properties(*each: bytes) -> bytes:
    return struct.pack("<I", len(each)) + b"".join(each)


# Properties to skip: a named one, a boolean, several small numbers.
NOISE = (
    struct.pack("<HH16sII8s", 0x1F, 0x8001, b"G" * 16, 1, 6, b"n\0a\0\0\0")
    + struct.pack("<II4s", 1, 2, b""),
    struct.pack("<HHI", 0x0B, 0x1234, 1),
    struct.pack("<HHIHHHH", 0x1002, 0x1235, 3, 1, 2, 3, 0),
    struct.pack("<HHIQQ", 0x1014, 0x1236, 2, 1, 2),
)  # fmt: skip
WHOLE = container(
    attribute(CODEPAGE, struct.pack("<II", 1251, 0), 1),
    attribute(PROPERTIES, properties(*NOISE, _variable(0x102, 0x1013, b"<p>Body</p>")), 1),
    attribute(REND, b"\0" * 14),
    attribute(TITLE, "Счёт.doc\0".encode("cp1251")),
    attribute(DATA, b"first" * 10),
    attribute(REND, b"\0" * 14),
    attribute(TITLE, b"SHORT~1.PNG\0"),
    attribute(DATA, b"\x89PNG second"),
    attribute(
        ATTACHMENT,
        properties(
            *NOISE,
            text(0x3707, "Длинное имя.png"),
            text(0x370E, "image/png"),
            text(0x3712, "<cid@x>"),
        ),
    ),
)


def members_of(data: bytes) -> list[tuple[str, str, str, bytes]]:
    members = tnef.read_members(data)
    return [(file.name, file.type, file.content_id, bytes(file.content)) for file in members]


MEMBERS = [
    ("message.html", "text/html", "", b"<p>Body</p>"),
    ("Счёт.doc", "", "", b"first" * 10),
    ("Длинное имя.png", "image/png", "cid@x", b"\x89PNG second"),
]


def test_the_files_and_the_html_body_are_read() -> None:
    assert members_of(WHOLE) == MEMBERS


def test_an_attached_message_is_a_file_and_its_files_are_too() -> None:
    inner = _variable(0x0D, 0x3701, IID_MESSAGE + WHOLE)
    outer = container(
        attribute(REND, b""), attribute(ATTACHMENT, properties(text(0x3001, "Fwd"), inner))
    )

    assert members_of(outer) == [("Fwd", "application/ms-tnef", "", WHOLE), *MEMBERS]


def test_nesting_is_limited() -> None:
    data = WHOLE
    for _ in range(50):
        inner = _variable(0x0D, 0x3701, IID_MESSAGE + data)
        data = container(attribute(REND, b""), attribute(ATTACHMENT, properties(inner)))

    assert len(members_of(data)) == 6


@pytest.mark.parametrize("end", range(0, len(WHOLE), 3))
def test_the_files_before_the_cut_are_read_from_a_truncated_container(end: int) -> None:
    names = [name for name, *_rest in members_of(WHOLE[:end])]

    assert len(names) <= 3
    if end > 250:
        assert names[0] == "message.html"


@given(st.binary(max_size=300), st.integers(0, len(WHOLE)), st.integers(0, 300))
def test_reading_any_bytes_raises_nothing(noise: bytes, at: int, length: int) -> None:
    tnef.read_members(container() + noise)
    tnef.read_members(WHOLE[:at] + noise + WHOLE[at + length :])


@pytest.mark.slow
def test_a_million_attributes_are_read_in_linear_time() -> None:
    data = container(attribute(REND, b"") * 1_000_000)
    false_counts = container(
        attribute(ATTACHMENT, struct.pack("<IHHI", 2**32 - 1, 0x101E, 1, 2**32 - 1))
    )
    began = time.process_time()

    assert (tnef.read_members(data), tnef.read_members(false_counts)) == ([], [])

    assert time.process_time() - began < 10


def test_a_mail_has_the_container_and_its_files() -> None:
    mail = (
        b"From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        b"--b\n\nHello\n--b\nContent-Type: application/ms-tnef; name=winmail.dat\n"
        b"Content-Transfer-Encoding: 8bit\n\n" + WHOLE + b"\n--b--\n"
    )

    _mail, files = parse_with_files(mail)

    assert [file.name for file in files] == ["winmail.dat", *(name for name, *_ in MEMBERS)]
    assert b"".join(files[0].chunks()) == WHOLE
    assert b"".join(files[2].chunks()) == b"first" * 10


RTF = compress(rb"{\rtf1\ansi\ansicpg1251 \'cf\'f0\'e8\'e2\'e5\'f2}")
HTML_IN_RTF = compress(rb"{\rtf1\ansi\fromhtml1 {\*\htmltag64 <p>}Hello{\*\htmltag72 </p>}}")
CYRILLIC = "<p>Привет</p>".encode("cp1251")


@pytest.mark.parametrize(
    ("attributes", "text_of_mail", "html"),
    [
        ([attribute(0x800C, "Привет\r\n\0".encode("cp1251"))], "Привет", ""),
        ([attribute(PROPERTIES, properties(text(0x1000, "Привет")))], "Привет", ""),
        ([attribute(PROPERTIES, properties(_variable(0x102, 0x1009, RTF)))], "Привет", ""),
        (
            [attribute(PROPERTIES, properties(_variable(0x102, 0x1009, HTML_IN_RTF)))],
            "Hello",
            "<p>Hello</p>",
        ),
        (
            [
                attribute(
                    PROPERTIES,
                    properties(
                        struct.pack("<HHI", 3, 0x3FDE, 1251), _variable(0x102, 0x1013, CYRILLIC)
                    ),
                )
            ],
            "Привет",
            "<p>Привет</p>",
        ),
    ],
    ids=["attribute", "text", "rtf", "html in rtf", "html"],
)
@pytest.mark.parametrize("beside", ["", "--b\n\n \n", "--b\nContent-Type: text/html\n\n<br>\n"])
def test_the_body_in_a_container_is_that_of_a_mail_without_one(
    attributes: list[bytes], text_of_mail: str, html: str, beside: str
) -> None:
    data = container(attribute(CODEPAGE, struct.pack("<II", 1251, 0), 1), *attributes)
    mail = (
        b"From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n"
        + beside.encode()
        + b"--b\nContent-Type: application/ms-tnef; name=winmail.dat\n"
        b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(data) + b"\n--b--\n"
    )

    parsed, files = parse_with_files(mail)

    assert (parsed.text, parsed.html) == (text_of_mail, html)
    assert files[0].name == "winmail.dat"


@pytest.mark.parametrize("name", ["", "; name=win.dat", "; name=ATT00001.bin"])
def test_a_container_is_known_by_its_bytes(name: str) -> None:
    data = base64.encodebytes(container(attribute(0x800C, b"Hello\0")))
    head = f"From: a@b.example\nContent-Type: application/octet-stream{name}\n"

    parsed, files = parse_with_files(
        head.encode() + b"Content-Transfer-Encoding: base64\n\n" + data
    )

    assert parsed.text == "Hello"
    assert files[0].type == "application/ms-tnef"


@given(st.binary(max_size=300), st.integers(0, len(WHOLE)), st.integers(0, 300))
def test_reading_the_body_of_any_bytes_raises_nothing(noise: bytes, at: int, length: int) -> None:
    tnef_body.read_body(container() + noise)
    tnef_body.read_body(WHOLE[:at] + noise + WHOLE[at + length :])


@pytest.mark.parametrize(
    ("compressed", "expected"),
    [
        (  # MS-OXRTFCP, 3.1.1
            "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c09002062"
            "7705b06c647d0a800fa0",
            b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
        ),
        (  # MS-OXRTFCP, 3.1.2: a reference to what it writes itself
            "1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0",
            b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}",
        ),
        ("10000000040000004d454c41000000007b7d7b7d0000", b"{}{}"),
        ("", b""),
        ("1a0000001c0000004c5a4675e2d44b514100", b""),
    ],
)
def test_rtf_is_decompressed(compressed: str, expected: bytes) -> None:
    assert tnef_body.decompress_rtf(bytes.fromhex(compressed)) == expected


@given(st.binary(max_size=200))
def test_decompressing_any_bytes_raises_nothing(noise: bytes) -> None:
    tnef_body.decompress_rtf(noise)
    tnef_body.decompress_rtf(RTF[:16] + noise)


@pytest.mark.parametrize("runs", [20_000, 500_000])
def test_what_is_decompressed_is_bounded(runs: int) -> None:
    body = (b"\xff" + b"\x00\x0f" * 8) * runs
    bomb = struct.pack("<II4sI", len(body) + 12, 2**32 - 1, b"LZFu", crc32(body)) + body
    began = time.process_time()

    assert len(tnef_body.decompress_rtf(bomb)) <= 2_000_000

    assert time.process_time() - began < 5
