"""Where new text, quoted text and signature begin and end."""

from __future__ import annotations

import pytest

from tests.tickets.quotes.texts import segments_of
from tickets.quotes.segments import Segment, split_segments


def test_an_empty_text_has_no_segments() -> None:
    assert split_segments("") == ()


def test_blank_lines_alone_are_one_segment() -> None:
    assert split_segments("\n \r\n\n") == (Segment("reply", 0, 5),)


def test_reply_signature_and_quotation_are_separated() -> None:
    text = (
        "Спасибо, всё работает.\r\n\r\n-- \r\nАнна Ли\r\nОтдел кадров\r\n\r\n"
        '04.03.2015, 12:00, "Служба поддержки" <help@desk.example>:\r\n> Проверьте, пожалуйста.\r\n'
    )

    assert segments_of(text) == [
        ("reply", "Спасибо, всё работает.\r\n\r\n"),
        ("signature", "-- \r\nАнна Ли\r\nОтдел кадров\r\n\r\n"),
        (
            "quoted",
            '04.03.2015, 12:00, "Служба поддержки" <help@desk.example>:\r\n'
            "> Проверьте, пожалуйста.\r\n",
        ),
    ]


def test_a_reply_below_the_quotation_is_kept() -> None:
    text = "On 02/03/2015 12:00, Ann Lee wrote:\n> Is it fixed?\n\nYes.\n\n-- \nBob\n"

    assert segments_of(text) == [
        ("quoted", "On 02/03/2015 12:00, Ann Lee wrote:\n> Is it fixed?\n\n"),
        ("reply", "Yes.\n\n"),
        ("signature", "-- \nBob\n"),
    ]


def test_words_above_and_below_the_quotation_are_both_kept() -> None:
    text = "Hi Ann,\n\nOn 02/03/2015 12:00, Ann Lee wrote:\n> Is it fixed?\n\nYes.\n"

    assert segments_of(text) == [
        ("reply", "Hi Ann,\n\n"),
        ("quoted", "On 02/03/2015 12:00, Ann Lee wrote:\n> Is it fixed?\n\n"),
        ("reply", "Yes.\n"),
    ]


def test_lines_answered_point_by_point_stay_with_their_answers() -> None:
    text = (
        "02.03.2015 12:00, Анна Ли пишет:\n> Принтер печатает?\n\nДа.\n\n> А сканер?\n\nНет.\n\n"
        "> Спасибо\n> Анна\n"
    )

    assert segments_of(text) == [
        ("quoted", "02.03.2015 12:00, Анна Ли пишет:\n"),
        ("reply", "> Принтер печатает?\n\nДа.\n\n> А сканер?\n\nНет.\n\n"),
        ("quoted", "> Спасибо\n> Анна\n"),
    ]


def test_a_quotation_without_attribution_above_the_answer_stays() -> None:
    text = "> Is it fixed?\n\nYes.\n"

    assert split_segments(text) == (Segment("reply", 0, len(text)),)


@pytest.mark.parametrize(
    "text",
    [
        "> Only a quotation.\n",
        "On 02/03/2015 12:00, Ann Lee wrote:\n> Is it fixed?\n",
        "---------- Forwarded message ---------\nFrom: Ann <ann@a.example>\nDate: Mon, 2 Mar 2015\n"
        "Subject: Printer\nTo: <x@y.example>\n\nIt is broken.\n",
        "От: Анна\nОтправлено: 4 марта 2015 г. 12:00\nКому: Иван\nТема: Принтер\n\nСломался.\n",
        "-----Исходное сообщение-----\n\nСломался.\n",
        "Отправлено с iPhone\n",
        "-- \nАнна Ли\n",
        "-----\n",
    ],
)
def test_a_message_without_own_words_stays_readable(text: str) -> None:
    assert split_segments(text) == (Segment("reply", 0, len(text)),)


def test_a_forward_below_a_device_line_stays_readable() -> None:
    text = "Отправлено с iPhone\n\nНачало переадресованного сообщения:\n\n> Сломался принтер.\n"

    assert segments_of(text) == [
        ("signature", "Отправлено с iPhone\n\n"),
        ("reply", "Начало переадресованного сообщения:\n\n> Сломался принтер.\n"),
    ]


def test_everything_below_a_header_block_is_quoted() -> None:
    text = (
        "Done.\n\n________________________________\nFrom: Ann <ann@a.example>\n"
        "Sent: Monday, March 2, 2015 12:00 PM\nTo: Bob; a long list of others;\n  Carl\n"
        "Subject: Printer\n\nIt is broken.\n> it was\nSee you.\n-- \nAnn\n"
    )

    assert [kind for kind, _ in segments_of(text)] == ["reply", "quoted"]
    assert segments_of(text)[0][1] == "Done.\n\n"


def test_an_attribution_wrapped_inside_the_address_is_recognized() -> None:
    text = 'Yes.\n\nAm 21.04.2016 17:48 schrieb "Eins Zwei" <eins.zwei@a.example\n>:\n\n> Frage?\n'

    assert segments_of(text)[0] == ("reply", "Yes.\n\n")
    assert len(segments_of(text)) == 2


def test_a_sentence_above_the_attribution_is_not_part_of_it() -> None:
    sentence = "In 2 weeks, ask Bob <bob@a.example> about\nit.\n"
    text = f"{sentence}On 2 May 2020 at 10:00, X <x@a.example> wrote:\nQ\n"

    assert segments_of(text)[0] == ("reply", sentence)


@pytest.mark.parametrize("above", ["Ann Lee wrote:", "Анна Ли пишет:", "Ганна Лі написав:"])
def test_a_name_and_a_verb_announce_marked_lines(above: str) -> None:
    text = f"Done.\n\n{above}\n> Is it fixed?\n"

    assert segments_of(text) == [("reply", "Done.\n\n"), ("quoted", f"{above}\n> Is it fixed?\n")]


def test_a_reply_below_a_banner_and_marked_lines_is_kept() -> None:
    quotation = "----- Original Message -----\n> From: Ann\n>\n> Is it fixed?\n\n"

    assert segments_of(f"{quotation}Yes.\n") == [("quoted", quotation), ("reply", "Yes.\n")]


def test_initials_and_bars_mark_lines_below_an_attribution() -> None:
    for mark in ("АЛ> ", "| "):
        text = f"Да.\n\nВы писали 4 марта 2015 г., 12:00:02:\n\n{mark}Работает?\n\n{mark}Анна\n"

        assert [kind for kind, _ in segments_of(text)] == ["reply", "quoted"]


def test_an_unknown_language_is_recognized_by_the_marked_lines_below() -> None:
    text = "Sawa.\n\nMnamo 02/03/2015 12:00, Ann Lee aliandika:\n> Habari?\n"

    assert segments_of(text)[0] == ("reply", "Sawa.\n\n")
    assert len(segments_of(text)) == 2


def test_a_disclaimer_below_a_rule_is_the_signature() -> None:
    text = "Done.\n\n*****\nThis e-mail is confidential.\n"

    assert segments_of(text) == [
        ("reply", "Done.\n\n"),
        ("signature", "*****\nThis e-mail is confidential.\n"),
    ]


def test_a_link_wrapped_below_a_device_line_goes_with_it() -> None:
    text = "Done.\n\nSent from Outlook for Android\n<https://aka.ms/x>\n"

    assert segments_of(text)[1] == (
        "signature",
        "Sent from Outlook for Android\n<https://aka.ms/x>\n",
    )
