"""What absence notices put before the subject of a mail of ours, and what people put there."""

from __future__ import annotations

import pytest

from mailing.classification.absence_phrases import is_absence_notice

OURS = "Request 12 is closed: the printer"


@pytest.mark.parametrize(
    "subject",
    [
        *("Sjálfvirkt svar: {}", "Fjarverandi: {}", "Ekki á skrifstofunni: {}"),
        *("Përgjigje automatike: {}", "Jashtë zyre: {}", "Avtomatik cavab: {}"),
        *("Ofisdən kənarda: {}", "ავტომატური პასუხი: {}", "ოფისში არ ვარ: {}"),
        *("Nicht im Büro: {}", "Abwesenheit: {}", "Abwesend - AW: {}", "Autom. Antwort: {}"),
        *("Absence : {}", "Absent(e) : Re: {}", "Hors du bureau : {}", "Congés {}", "OOO Re: {}"),
        *("Automated Response: {}", "Automated reply - {}", "[Auto-Reply] {}"),
        *("Αυτόματη απάντηση: {}", "Εκτός γραφείου: {}", "Ավտոմատ պատասխան: {}"),
        *("В отпуске: {}", "Я отсутствую: {}", "Поза офісом: {}", "Извън офиса: {}"),
        *("Mimo kancelář: {}", "Poza biurem: {}", "Házon kívül: {}", "Ofis dışında: {}"),
        *("Frånvarande: {}", "Ikke på kontoret: {}", "Poissa: {}", "Kontorist väljas: {}"),
        *("Fuori ufficio: {}", "Fuera de la oficina: {}", "Fora do escritório: {}"),
        *("מחוץ למשרד: {}", "خارج المكتب: {}", "پاسخ خودکار: {}", "ไม่อยู่: {}", "Vắng mặt: {}"),
        *("不在通知: {}", "自动回复：{}", "부재중: {}", "Jibu la kiotomatiki: {}"),
    ],
)
def test_words_of_absence_before_our_whole_subject_are_a_notice(subject: str) -> None:
    assert is_absence_notice(subject.format(OURS), OURS)


@pytest.mark.parametrize(
    "subject",
    [
        *("Re: {}", "AW: {}", "Antwort: {}", "Ответ: {}", "{}", "Fwd: {}", "Still broken: {}"),
        *("Office 12: {}", "Büro Berlin: {}", "Jobs and vacancies: {}", "x" * 101 + " absent {}"),
    ],
)
def test_other_words_before_our_subject_are_none(subject: str) -> None:
    assert not is_absence_notice(subject.format(OURS), OURS)


@pytest.mark.parametrize(
    ("subject", "ours"),
    [("Abwesend: the parcel", OURS), ("Abwesend: the parcel", ""), ("Abwesend: x", "Re: x")],
)
def test_another_subject_behind_the_words_is_none(subject: str, ours: str) -> None:
    assert not is_absence_notice(subject, ours)
