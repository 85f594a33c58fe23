"""Text that people write themselves and that looks like the additions of mail programs."""

from __future__ import annotations

import pytest

from tickets.quotes.segments import Segment, split_segments

OWN_WORDS = (
    "Hi.\nI asked the courier via chat and he wrote:\nnot today",
    "Hi.\nHe called via Skype and wrote:\nnot today",
    "Taxi:\nFrom: Airport\nTo: Hotel\nDate: 3 May 2020 10:00\nthanks",
    ("Hello,\n\nOn Monday he wrote: hello, and then left.\n\nBye"),
    ("On Monday he wrote:\n\nI am ill.\n\nWhat shall I do?"),
    ("Hello.\nOn 3 May 2020 he wrote:\nthe printer is broken\n\nPlease help"),
    ("On 3 May 2020 at 10:00 the client wrote:\nthe printer is broken\n\nPlease help"),
    ("Hi\n\nOn 3 May 2020 at 10:00 they said:\nwe will come"),
    ("Добрый день!\n3 мая 2020 г. в 10:00 клиент написал:\nпринтер сломан\n\nПомогите"),
    ("Добрый день!\nКлиент пишет:\nпринтер сломан\n\nПомогите"),
    ("Hello,\nFrom: the desk of the CEO\nwe learned that all is well."),
    ("Please book:\nFrom: Paris\nTo: Rome\nDate: 3 May 2020\nClass: second\n\nThanks"),
    ("Прошу заказать:\nОт: Москва\nКому: Иванов\nДата: 3 мая 2020\n\nСпасибо"),
    ("От: меня привет\nКому: всем"),
    ("List:\n- one\n- two\n-- three\n--- four\n"),
    ("Run:\nSELECT 1 -- comment\n-- another comment\nFROM t;\nthanks"),
    ("| a | b |\n|---|---|\n| 1 | 2 |\nSee the table."),
    (
        "Part one is about the printer, it is broken.\n"
        "\n"
        "-----\n"
        "\n"
        "Part two is about the scanner, which is broken too. Please come.\n"
        "\n"
        "-----\n"
        "\n"
        "Part three: the coffee machine."
    ),
    (
        "Title\n"
        "=====\n"
        "\n"
        "The text below the title is long and has sentences.\n"
        "\n"
        "Second\n"
        "------\n"
        "\n"
        "More text here, and it matters."
    ),
    (
        "The parcel:\n"
        "Sent by courier on Monday.\n"
        "Sent from the warehouse in Berlin.\n"
        "Отправлено с курьером 5 мая.\n"
        "Enviado por correo"
    ),
    ("I wrote to support@x.example and they wrote:\nno"),
    ("Meeting 10.05.2021 12:00, Anna:\nbring the papers"),
    ("I ran:\n> npm install\n> npm test\n"),
    ("```\n> quoted in code\n-- \nOn 1 Jan 2020 at 10:00, X <a@b.c> wrote:\n```\nEnd."),
    ("-----Error log-----\nline 1\nline 2"),
    ("Hello\n***\nImportant: do not restart the server before 10:00.\n***\nThanks"),
    ("At 10:00 on 3 May 2020 the server says:\nERROR 500"),
    ("Смотрите письмо от 04.03.2015, 12:00, там всё есть.\nСпасибо"),
    (
        "2020-03-02 12:00 ERROR user <root@host.example>\n"
        "2020-03-02 12:01 ERROR user <root@host.example>\n"
        "What is this?"
    ),
    ("Contact me at Anna Lee <anna@a.example>\nthanks"),
    ("My mobile: 123\nSent via email yesterday.\nThanks"),
    ("5 mai 2020\n10:30 Jean écrit\nBonjour"),
    ("Subject: printer\n\nThe printer is broken"),
    ("From: Anna\nSubject: printer\n\nThe printer is broken"),
    ("Dear all,\nAt 12:30 our manager Bob Smith says:\nwe will be late."),
    (
        "Hello\n"
        "\n"
        "--\n"
        "I think -- no, I know -- that it is broken. Long sentences without contacts go on.\n"
        "Second sentence here.\n"
        "Third one.\n"
        "Fourth.\n"
        "Fifth.\n"
        "Sixth.\n"
        "Seventh.\n"
        "Eighth.\n"
        "Ninth.\n"
        "Tenth.\n"
        "Eleventh."
    ),
)


@pytest.mark.parametrize("text", OWN_WORDS)
def test_a_persons_own_words_are_the_reply(text: str) -> None:
    assert split_segments(text) == (Segment("reply", 0, len(text)),)
