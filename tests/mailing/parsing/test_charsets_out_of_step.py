"""East Asian text that lost a byte, and texts whose charset is told from their characters."""

from __future__ import annotations

import base64

import pytest

from mailing.parsing import charsets
from mailing.parsing.message import parse

CHINESE = "关于订单的确认和发货时间请尽快回复"
KOREAN = "안녕하세요주문하신상품이아직도착하지않았습니다"
JAPANESE = "お世話になっております注文の件ですがまだ届いておりません"


@pytest.mark.parametrize(
    ("label", "data", "text"),
    [
        ("gb2312", CHINESE.encode("gbk")[1:], "\ufffd" + CHINESE[1:]),
        (
            "gbk",
            CHINESE.encode("gbk")[:6] + CHINESE.encode("gbk")[7:],
            "关于订\ufffd" + CHINESE[4:],
        ),
        (
            "euc-kr",
            KOREAN.encode("cp949")[:6] + KOREAN.encode("cp949")[7:],
            "안녕하\ufffd" + KOREAN[4:],
        ),
        ("ks_c_5601-1987", KOREAN.encode("cp949")[1:], "\ufffd" + KOREAN[1:]),
        ("euc-jp", JAPANESE.encode("euc_jp")[1:], "\ufffd" + JAPANESE[1:]),
    ],
)
def test_after_a_lost_byte_the_rest_of_a_run_is_read_in_step(
    label: str, data: bytes, text: str
) -> None:
    assert charsets.decode(data, label) == text


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [("gbk", "gbk", CHINESE), ("euc-kr", "cp949", KOREAN), ("euc-jp", "euc_jp", JAPANESE)],
)
def test_a_lost_byte_costs_its_neighbours_at_most(label: str, codec: str, text: str) -> None:
    data = text.encode(codec)

    for lost in range(len(data) - 12):  # at the end there is too little to tell
        decoded = charsets.decode(data[:lost] + data[lost + 1 :], label)

        assert decoded.startswith(text[: lost // 2 - 5 if lost > 10 else 0])
        assert decoded.endswith(text[lost // 2 + 6 :])
        assert len(decoded) == len(text)


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("gbk", "朱镕基堃淼焱喆囍"),  # rare characters, and one whose second byte is ASCII
        ("gbk", "龘龖靐齉齾"),
        ("cp949", "똠방각하펲시콘"),
        ("euc-jp", "鬱鷹麒麟驥齷齪"),
        ("euc-jp", "ﾃｽﾄ半角ｶﾅです"),
    ],
)
def test_rare_characters_are_no_sign_of_a_lost_byte(label: str, text: str) -> None:
    codec = {"cp949": "cp949", "gbk": "gbk", "euc-jp": "euc_jp"}[label]

    assert charsets.decode(text.encode(codec), label) == text


@pytest.mark.parametrize("label", ["", "us-ascii", "unknown-8bit", "iso-8859-1"])
@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("gbk", CHINESE),
        ("cp949", KOREAN),
        ("euc_jp", JAPANESE),
        ("cp1253", "Καλημέρα σας, έχω μια ερώτηση"),
        ("cp874", "สวัสดีครับ มีคำถาม"),
        ("cp1251", "Здравствуйте, подскажите по заказу"),
    ],
)
def test_a_text_without_a_true_label_is_read(label: str, codec: str, text: str) -> None:
    assert charsets.decode(text.encode(codec), label) == text


@pytest.mark.parametrize(
    ("label", "data", "text"),
    [
        ("x-mac-greek", "Καλημέρα".encode("mac_greek"), "Καλημέρα"),
        ("x-mac-turkish", "Şimdi ığ".encode("mac_turkish"), "Şimdi ığ"),
        ("macintosh-cyrillic", "Привет".encode("mac_cyrillic"), "Привет"),
        ("csWindows31J", "①㈱髙﨑".encode("cp932"), "①㈱髙﨑"),
        ("cn-gb", "你好".encode("gbk"), "你好"),
        ("tis-620-2533", "สวัสดี".encode("cp874"), "สวัสดี"),
        # Vietnamese letters become one character each, as people type and search for them.
        ("windows-1258", b"Vi\xea\xf2t Nam, c\xe1m \xd5n", "Việt Nam, cám Ơn"),
        # RFC 1557's header is missing.
        ("iso-2022-kr", b"\x0e>H3g\x0f, 17", "안녕, 17"),
        # A character beyond the first 65,536 as two surrogates, as programs in Java write it.
        ("utf-8", b"\xed\xa0\xbd\xed\xb8\x80 hi", "😀 hi"),
    ],
)
def test_a_rare_label_or_form_of_a_charset_is_known(label: str, data: bytes, text: str) -> None:
    assert charsets.decode(data, label) == text


@pytest.mark.parametrize(
    "word",
    [
        "=??B?{}?=",
        "=? utf-8 ?B?{}?=",
        "=?utf-8? B ?{}?=",
        "=?utf8mb4?b?{}?=",
        '=?"utf-8"?B?{}?=',
        "=?utf-8*ru?B?{}",
    ],
)
def test_an_encoded_word_with_an_odd_charset_is_decoded(word: str) -> None:
    subject = word.format(base64.b64encode("Привет мир".encode()).decode())

    mail = parse(f"From: {subject} <a@b.example>\nSubject: {subject}\n\n".encode())

    assert mail.subject == "Привет мир"
    assert (mail.sender.email, mail.sender.name) == ("a@b.example", "Привет мир")
