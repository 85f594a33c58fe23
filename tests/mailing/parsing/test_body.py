"""Which parts of a mail are its body, and which are files."""

from __future__ import annotations

import base64

import pytest

from mailing.parsing import image_references
from mailing.parsing.message import parse
from tests.mailing.parsing.samples import files_of, multipart, read


def test_texts_around_an_image_are_one_body_and_the_image_a_file() -> None:
    raw = read("apple_mixed.eml")

    assert parse(raw).text == "Before the picture.\n\nAfter the picture."
    assert files_of(raw) == [
        ("screen.png", "image/png", "pic@client.example", base64.b64decode("iVBORw0KGgo="))
    ]


def test_an_invitation_keeps_its_text_and_has_the_calendar_as_a_file() -> None:
    raw = read("outlook_invitation.eml")

    mail = parse(raw)

    assert mail.sender.name == "Olga (HR)"
    assert mail.text == "Please join."
    assert mail.html == "<p>Please <b>join</b>.</p>"
    assert [(name, kind) for name, kind, *_ in files_of(raw)] == [("invite.ics", "text/calendar")]


@pytest.mark.parametrize("disposition", ["", "Content-Disposition: attachment\n"])
def test_a_text_with_a_file_name_is_the_body_if_there_is_no_other_and_it_is_not_attached(
    disposition: str,
) -> None:
    raw = (
        "From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n"
        f'--b\nContent-Type: text/plain; name="report.txt"\n{disposition}\nUnknown user\n'
        "--b\nContent-Type: image/png; name=x.png\n\nx\n--b--\n"
    )

    assert parse(raw.encode()).text == ("" if disposition else "Unknown user")
    assert [name for name, *_ in files_of(raw.encode())] == ["report.txt", "x.png"]


def test_a_calendar_alone_is_read_as_text() -> None:
    mail = parse(
        b"From: a@b.example\nContent-Type: text/calendar\n\nBEGIN:VEVENT\nSUMMARY:Plan\\, B\n"
        b"LOCATION:Room 4\nEND:VEVENT\n"
    )

    assert mail.text == "SUMMARY: Plan, B\nLOCATION: Room 4"


def test_a_signed_mail_is_read_through_its_signature() -> None:
    raw = read("smime_signed.eml")

    assert parse(raw).text == "I agree."
    assert [(name, kind, len(content)) for name, kind, _, content in files_of(raw)] == [
        ("акт.pdf", "application/pdf", 4),
        ("smime.p7s", "application/pkcs7-signature", 3),
    ]


def test_an_attached_message_is_a_file() -> None:
    raw = read("forwarded_message.eml")

    assert parse(raw).text == "What does this mean?"
    assert [kind for _, kind, *_ in files_of(raw)] == ["message/rfc822"]


def test_an_attached_message_is_the_body_if_there_is_no_other() -> None:
    raw = b"From: a@b.example\nContent-Type: message/rfc822\n\nSubject: inner\n\nInner text\n"

    assert parse(raw).text == "Inner text"
    assert [kind for _, kind, *_ in files_of(raw)] == ["message/rfc822"]


@pytest.mark.parametrize(
    ("parts", "text", "html"),
    [
        (("\nplain", "Content-Type: text/html\n\n<p>rich</p>"), "plain", "<p>rich</p>"),
        (("\n \n", "Content-Type: text/html\n\n<p>rich</p>"), "rich", "<p>rich</p>"),
        (("Content-Type: text/html\n\n<p>rich</p>",), "rich", "<p>rich</p>"),
        (("\n",), "", ""),
    ],
    ids=["text first", "text empty", "html only", "nothing"],
)
def test_alternatives_prefer_text_unless_it_is_empty(
    parts: tuple[str, ...], text: str, html: str
) -> None:
    raw = multipart("alternative", *parts)

    mail = parse(raw)

    assert (mail.text, mail.html) == (text, html)
    assert files_of(raw) == []


def test_a_text_and_its_own_html_as_mixed_parts_appear_once() -> None:
    mail = parse(multipart("mixed", "\nHello there", "Content-Type: text/html\n\n<p>Hello there"))

    assert mail.text == "Hello there"
    assert mail.html == "<p>Hello there"


def test_an_attached_text_is_a_file_and_not_part_of_the_body() -> None:
    attached = 'Content-Disposition: attachment; filename="a.log"\n\nERR'
    raw = multipart("mixed", "\nSee log", attached)

    assert parse(raw).text == "See log"
    assert files_of(raw) == [("a.log", "text/plain", "", b"ERR")]


def test_flowed_text_is_joined_and_quotes_and_signature_are_kept() -> None:
    raw = (
        b"From: a@b.example\nContent-Type: text/plain; format=flowed\n\n"
        b"One long \nparagraph.\n> quoted \n> too\n -- no\n-- \nAnna\n"
    )

    assert parse(raw).text == "One long paragraph.\n> quoted too\n-- no\n--\nAnna"


def test_flowed_text_with_delsp_loses_the_soft_blank() -> None:
    raw = (
        "From: a@b.example\nContent-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\n\n"
        "プリンター \nが動きません\n"
    ).encode()

    assert parse(raw).text == "プリンターが動きません"


def test_an_html_body_nested_too_deep_for_libxml2_is_still_text() -> None:
    html = b"<div>" * 3000 + b"Deep text" + b"</div>" * 3000

    mail = parse(b"From: a@b.example\nContent-Type: text/html\n\n" + html)

    assert mail.text == "Deep text"


def test_scripts_styles_and_comments_are_not_text() -> None:
    html = b"<style>p{}</style><!-- no --><script>alert(1)</script><p>Yes &amp; no</p>"

    mail = parse(b"From: a@b.example\nContent-Type: text/html\n\n" + html)

    assert mail.text == "Yes & no"


def test_a_digest_is_read_message_by_message() -> None:
    raw = multipart("digest", "\nSubject: 1\n\nOne", "\nSubject: 2\n\nTwo")

    assert parse(raw).text == "One\n\nTwo"
    assert [kind for _, kind, *_ in files_of(raw)] == ["message/rfc822", "message/rfc822"]


EMPTY_HTML = "Content-Type: text/html\n\n<html><body><div><br></div></body></html>"
ATTACHED = "Content-Type: message/rfc822\nContent-Disposition: attachment\n\nSubject: in\n"


@pytest.mark.parametrize(
    "fields",
    [
        "Content-Type: message/rfc822",
        "Content-Type: message/rfc822\nContent-Disposition: attachment",
        "Content-Type: application/octet-stream; name=Inner.EML",
    ],
)
def test_an_attached_message_beside_empty_html_is_the_body(fields: str) -> None:
    attached = f"{fields}\n\nSubject: in\nContent-Type: text/html\n\n<p>Inner</p>"
    raw = multipart("mixed", EMPTY_HTML, attached)

    mail = parse(raw)

    assert (mail.text, mail.html.strip()) == ("Inner", "<p>Inner</p>")
    assert len(files_of(raw)) == 1


def test_a_message_attached_to_an_attached_message_without_text_is_the_body() -> None:
    inner = f'{ATTACHED}Content-Type: multipart/mixed; boundary="y"\n\n--y\n{EMPTY_HTML}\n--y\n'

    raw = multipart("mixed", EMPTY_HTML, f"{inner}{ATTACHED}\nInmost\n--y--\n")

    assert parse(raw).text == "Inmost"


def test_html_with_nothing_but_an_image_is_kept_beside_an_attached_message() -> None:
    logo = 'Content-Type: text/html\n\n<p><img src="cid:a" alt="Logo"></p>'

    mail = parse(multipart("mixed", logo, f"{ATTACHED}\nInner words"))

    assert mail.text == "[Logo]\n\nInner words"
    assert "cid:a" in mail.html
    assert "Inner words" in mail.html


def test_html_beside_plain_text_is_not_turned_into_text(monkeypatch: pytest.MonkeyPatch) -> None:
    converted: list[str] = []
    monkeypatch.setattr("mailing.parsing.html_to_text.convert", converted.append)

    mail = parse(multipart("alternative", "\nplain", "Content-Type: text/html\n\n<p>rich</p>"))

    assert (mail.text, mail.html) == ("plain", "<p>rich</p>")
    assert converted == []


def test_the_html_has_all_texts_beside_an_alternative_in_their_order() -> None:
    alternative = (
        'Content-Type: multipart/alternative; boundary="y"\n\n--y\n\nplain\n'
        "--y\nContent-Type: text/html\n\n<p>rich</p>\n--y--\n"
    )

    mail = parse(multipart("mixed", "\nBefore\n1 < 2", alternative, "\nA footer"))

    assert mail.text == "Before\n1 < 2\n\nplain\n\nA footer"
    assert mail.html.split("\n") == [
        '<div style="white-space:pre-wrap">Before',
        "1 &lt; 2</div>",
        "<p>rich</p>",
        '<div style="white-space:pre-wrap">A footer</div>',
    ]


def test_hidden_words_are_shown_if_there_are_no_others() -> None:
    mail = parse(b"From: a@b.example\nContent-Type: text/html\n\n<p style='display:none'>Hi</p>")

    assert mail.text == "Hi"


def test_an_image_of_an_attached_message_that_is_the_body_is_a_file_that_it_shows() -> None:
    page = '<p>Inner</p><img src="cid:a@b"><img src="pic.png">'
    inner = (
        "Content-Type: message/rfc822\n\nSubject: in\n"
        'Content-Type: multipart/related; boundary="y"\n\n'
        f"--y\nContent-Type: text/html\n\n{page}\n"
        "--y\nContent-Type: image/png\nContent-ID: <a@b>\n\n\x89PNG first\n"
        "--y\nContent-Type: image/png; name=pic.png\n\n\x89PNG %s\n"
        "--y\nContent-Type: image/png; name=other.png\n\n\x89PNG third\n--y--"
    )
    raw = multipart("mixed", "\n ", inner % "one", inner % "two")
    html = parse(raw).html
    names = {name: content_id for name, _, content_id, _ in files_of(raw)}
    contents = {content_id: content.decode()[-3:] for _, _, content_id, content in files_of(raw)}

    shown = image_references.find_shown_content_ids(html)
    assert sorted(contents[content_id] for content_id in shown) == ["one", "rst", "two"]
    assert "other.png" not in names


def test_rtf_without_a_name_is_the_body_if_there_is_no_other() -> None:
    raw = b"From: a@b.example\nContent-Type: text/rtf\n\n{\\rtf1\\ansi Hello \\b you}"

    assert parse(raw).text == "Hello you"
    assert len(files_of(raw)) == 1
    assert (
        parse(multipart("mixed", "\n", "Content-Type: text/rtf; name=a.rtf\n\n{\\rtf1 Hi}")).text
        == ""
    )


def test_a_part_of_a_message_and_a_reference_to_one_elsewhere_are_read() -> None:
    partial = b"From: a@b.example\nContent-Type: message/partial; number=1\n\nSubject: x\n\nHello"
    reference = (
        b"From: a@b.example\nContent-Type: message/external-body; access-type=URL;\n"
        b' URL="https://e.example/f.pdf"\n\nContent-Type: application/pdf\n\n'
    )

    assert parse(partial).text == "Hello"
    assert parse(reference).text == "access-type: URL\nurl: https://e.example/f.pdf"
