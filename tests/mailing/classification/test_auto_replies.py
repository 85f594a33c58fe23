"""Subjects of automatic replies, and of people who write about them."""

from __future__ import annotations

import pytest

from mailing.kinds import MailKind
from tests.mailing.classification.samples import verdict


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Printer",
        "Out of Office: Printer",
        "Out of Office AutoReply: Printer",
        "Автоматический ответ: Заявка",
        "Автоответ: Заявка",
        "Автоматична відповідь: Заявка",
        "Automatische Antwort: Frage",
        "Abwesenheitsnotiz: Frage",
        "Réponse automatique : Question",
        "Respuesta automática: Pregunta",
        "Risposta automatica: Domanda",
        "Resposta automática: Pergunta",
        "Odpowiedź automatyczna: Pytanie",
        "Automatisch antwoord: Vraag",
        "自動応答: 質問",
        "自动回复：问题",
        "Automatická odpoveď: Otázka",
        "Автоматичен отговор: Въпрос",
        "Automatski odgovor: Pitanje",
        "Samodejni odgovor: Vprašanje",
        "Automatinis atsakymas: Klausimas",
        "Automātiska atbilde: Jautājums",
        "Automaatvastus: Küsimus",
        "תשובה אוטומטית: שאלה",
        "رد تلقائي: سؤال",
        "ตอบกลับอัตโนมัติ: คำถาม",
        "Trả lời tự động: Câu hỏi",
        "Balasan otomatis: Pertanyaan",
        "Resposta automàtica: Pregunta",
    ],
)
def test_subjects_that_mailers_write_are_auto_replies(subject: str) -> None:
    assert verdict("", subject=subject).rule == "auto-reply subject"


@pytest.mark.parametrize(
    "subject",
    [
        "Auto reply does not work",
        "Automatic reply is sent to all my customers",
        "Re: Automatic reply: Printer",
        "Fwd: Automatic reply: Printer",
        "How do I set up out of office?",
        "Out of office",
        "Auto: insurance question",
        "Absence: request for leave",
        "Abwesenheit: Vertretung für Mai",
        "Away from my desk, please call",
        "Автоответ не отправляется",
        "Отпуск: заявление",
        "Autoresponder",
    ],
)
def test_people_who_write_about_auto_replies_are_people(subject: str) -> None:
    assert verdict("", subject=subject).kind == MailKind.PERSON


@pytest.mark.parametrize(
    ("subject", "fields"),
    [
        ("Out of office", "In-Reply-To: <x@desk.example>"),
        ("Auto: Printer", "Return-Path: <>"),
        ("Away until May", "Auto-Submitted: auto-generated"),
        ("Please confirm your message", "References: <x@desk.example>"),
        ("Abwesenheit: Re: Drucker", "In-Reply-To: <x@desk.example>"),
        ("Niet aanwezig: Printer", "X-Auto-Response-Suppress: All"),
    ],
)
def test_a_weak_subject_counts_together_with_a_second_sign(subject: str, fields: str) -> None:
    assert verdict(fields, subject=subject).kind == MailKind.AUTO_REPLY
