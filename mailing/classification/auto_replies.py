"""Recognise automatic replies by their subjects, in the languages of the mail programs.

A subject is the weakest sign, since people write about auto-replies too. A known prefix with a
colon, which mailers put before the subject they answer, is enough; any other subject needs a second
sign in the header.
"""

from __future__ import annotations

import re

from mailing.classification.absence_phrases import is_absence_notice
from mailing.parsing.message import ParsedEmail

# Prefixes that mailers put before the subject they answer. With a colon they are enough.
_AUTO_REPLY_SUBJECT = re.compile(
    r"(?:\[[^\]]{1,40}\]\s*)?(?:"
    r"automatic reply|auto(?:mat(?:ic(?:ally)?|ed))?[- ]?(?:generated )?(?:reply|response|responder"
    r"|answer)(?: from [^:]{1,80})?|auto[- ]?re|out[- ]of[- ](?:the[- ])?office(?: auto[- ]?reply"
    r"| notification| reply| message)?|vacation (?:reply|notice|message|response)"
    r"|away notice"
    r"|i am out of the office|absence notice"
    r"|автоматический ответ|автоответ(?:чик)?|автоматическое (?:сообщение|уведомление)"
    r"|вне офиса|ответ автоответчика|автоматична відповідь|автовідповідь"
    r"|автоматическо известие|аўтаматычны адказ"
    r"|automatische (?:antwort|rückantwort|abwesenheitsnotiz)|abwesenheits(?:notiz|nachricht|"
    r"benachrichtigung|meldung|mitteilung)|außer haus|automatisch(?:e[ns]?)? antwoord"
    r"|afwezigheidsbericht|réponse automatique|message d'absence|absence du bureau"
    r"|notification d'absence|absent(?:e)? du bureau|respuesta autom[aá]tica"
    r"|fuera de (?:la )?oficina"
    r"|risposta automatica|fuori (?:sede|ufficio)|assenza dall'ufficio"
    r"|resposta autom[aá]tica|fora do escritório|ausência temporária|odpowiedź automatyczna"
    r"|automatyczna odpowiedź|autoodpowiedź|poza biurem|nieobecność w biurze"
    r"|automatická odpověď|odpověď v nepřítomnosti|mimo kancelář|automatiskt svar|autosvar"
    r"|automatisk svar|frånvaromeddelande|automaattinen vastaus"
    r"|automatikus válasz|házon kívül|otomatik yanıt|ofis dışında|răspuns automat"
    r"|αυτόματη απάντηση|自動(?:応答|返信)|不在(?:通知|のお知らせ|応答)|自动(?:回复|答复)"
    r"|自動(?:回覆|回復)"
    r"|외출 중|부재중|자동 (?:회신|응답)"
    r"|automatická odpoveď|автоматичен отговор|automatski odgovor|а[ву]томатски одговор"
    r"|samodejni odgovor|automatinis atsakymas|automātisk[āa] atbilde|automaatvastus"
    r"|автоматты жауап|resposta automàtica|erantzun automatikoa|automatisk besked"
    r"|fraværs(?:melding|besked)|poissaoloilmoitus|сообщение об отсутствии"
    r"|תשובה אוטומטית|(?:ال)?رد (?:ال)?تلقائي|(?:การ)?ตอบกลับอัตโนมัติ|(?:thư )?trả lời tự động"
    r"|balasan (?:otomatis|automatik)|स्वचालित उत्तर"
    # "Automatic reply" in is, sq, az, uz, ka, hy, fa, ur, tr, cy, ga, bn, ta, af, fil, ky and sr,
    # as these languages say it; not compared with Outlook's own wording.
    r"|sjálfvirkt svar|përgjigje automatike|avtomatik (?:cavab|javob)|ავტომატური პასუხი"
    r"|ինքնաշխատ պատասխան|ավտոմատ պատասխան|پاسخ خودکار|خودکار جواب|otomatik cevap"
    r"|ateb awtomatig|freagra uathoibríoch|স্বয়ংক্রিয় উত্তর|தானியங்கு பதில்"
    r"|outomatiese antwoord|awtomatikong tugon|автоматтык жооп|аутоматски одговор"
    r"|automatesch äntwert|automatische reactie|automatické odpověď|ավտոմատ պատասխան|автомат хариу"
    r"|автоматик (?:җавап|жавоб)|awtomatik jogap|ҷавоби худкор|tweġiba awtomatika"
    r"|स्वयंचलित (?:उत्तर|प्रत्युत्तर)|स्वचालित जवाफ|સ્વચાલિત જવાબ|ਸਵੈਚਾਲਿਤ ਜਵਾਬ"
    r"|స్వయంచాలక ప్రత్యుత్తరం|ಸ್ವಯಂಚಾಲಿತ ಪ್ರತ್ಯುತ್ತರ|സ്വയമേവയുള്ള മറുപടി|ස්වයංක්‍රීය පිළිතුර"
    r"|ຕອບກັບອັດຕະໂນມັດ|ការឆ្លើយតបស្វ័យប្រវត្តិ|jibu (?:la ki)?otomatiki"
    r")\s*(?P<colon>[:：])?(?P<rest>.*)",
    re.I,
)
# Enough only together with another sign: "auto: …" may be about a car.
_WEAK_SUBJECT = re.compile(
    r"(?:auto|ooo|vacation|absence|absent|ausente|assente|abwesen(?:d|heit)|afwezig|niet aanwezig"
    r"|poissa|frånvar(?:o|ande)|fravær|nieobecność|ausência|отпуск|не в офисе|нет на месте"
    r"|nicht im (?:büro|haus|dienst)|im urlaub|urlaub|ich bin abwesend|en (?:congés?|vacances)"
    r"|congés?|hors (?:du )?bureau|fjarvera|mungesë|məzuniyyət|შვებულება|відпустка|відсутн\w+"
    r"|отсутствую)\s*[:：]"
    r"|(?:i am |i'm )?(?:away|on (?:vacation|holiday|leave))\b"
    r"|.*\b(?:is|am) out of (?:the )?office\b"
    r"|(?:я )?(?:в отпуске|отсутствую)\b",
    re.I,
)
# Marks of answered and forwarded mail that are whole words.
_MARK_OF_ANSWER = re.compile(
    r"(?:antwoord|antwort|resposta|respuesta|risposta|réponse|odpowied|odpov|válasz|vastaus|ответ"
    r"|відповідь|respons|reply|answer|forward|fwd|weiter|doorge|transf|inoltr|reenv|encamin"
    r"|przek|přepos|továbbít|vidareb|videres|välitet|перес|пересл|απάντηση|προώθηση|yanıt|cevap"
    r"|ilet|odgovor|răspuns|atsakymas|atbilde|vastus)"
)
_LONGEST_MARK = 12
# People put no word in front of "Re:", mailers do.
_PREFIX_BEFORE_RE = re.compile(r"[^:：]{1,40}[:：]\s*(?:re|aw|sv|вс|antw|odp)\s*[:：]", re.I)
_AUTO_REPLY_HEADERS = (
    *("x-autoreply", "x-autorespond", "x-auto-reply", "x-autoresponder", "x-autoreply-from"),
    *("x-mail-autoreply", "x-vacation"),
)
_CHALLENGE = re.compile(
    r"verify#[\w-]{10,}|please confirm your (?:message|e-?mail)|\[spamarrest\]", re.I
)


def find_auto_reply_subject(mail: ParsedEmail, answered_subject: str = "") -> str:
    """Return the subject if it is that of an automatic reply, else "".

    answered_subject: the subject of our mail that it answers, "" when it answers none.
    """
    is_absence = is_absence_notice(mail.subject, answered_subject)
    if has_auto_reply_prefix(mail.subject) or is_absence:
        return mail.subject
    # Without the colon a person may be writing about auto-replies: another sign must be there.
    match = _AUTO_REPLY_SUBJECT.match(mail.subject)
    is_whole = match and not match["rest"].strip(" .!-–—")
    is_likely = is_whole or (match and _is_answer(mail)) or _WEAK_SUBJECT.match(mail.subject)
    has_second_sign = _is_answer(mail) and (is_whole or _PREFIX_BEFORE_RE.match(mail.subject))
    return mail.subject if is_likely and (has_machine_header(mail) or has_second_sign) else ""


def has_auto_reply_prefix(subject: str) -> bool:
    """Return whether a mailer put an automatic reply's prefix before the subject it answers."""
    match = _AUTO_REPLY_SUBJECT.match(subject)
    return bool(match and match["colon"])


def has_words_before(subject: str, answered_subject: str) -> bool:
    """Return whether words that no mail program puts before an answer stand before our subject.

    They may be an automatic reply's in any language: they are longer than the marks of answers.
    """
    prefix = _find_prefix(subject, answered_subject)
    return len(prefix) > _LONGEST_MARK and not _MARK_OF_ANSWER.match(prefix)


def _find_prefix(subject: str, answered_subject: str) -> str:
    """Return what stands before the whole subject of our mail, with its colon, or ""."""
    ours = " ".join(answered_subject.split()).lower()
    words = " ".join(subject.split()).lower()
    if not ours or not words.endswith(ours):
        return ""
    prefix = words.removesuffix(ours).strip()
    return prefix if re.fullmatch(r"[^:：]{1,60}[:：]", prefix) else ""


def is_auto_reply(mail: ParsedEmail) -> bool:
    """Return whether the header or the subject surely marks an automatic reply (RFC 3834).

    Delivery reports have the same marks.
    """
    is_replied = mail.header("auto-submitted").lower().startswith("auto-replied")
    has_header = any(map(mail.header, _AUTO_REPLY_HEADERS))
    return is_replied or has_header or bool(find_auto_reply_subject(mail))


def find_challenge(mail: ParsedEmail) -> str:
    """Return the subject if a spam filter asks the sender to confirm their mail, else ""."""
    is_challenge = _CHALLENGE.search(mail.subject)
    return mail.subject if is_challenge and (_is_answer(mail) or has_machine_header(mail)) else ""


def _is_answer(mail: ParsedEmail) -> bool:
    return bool(mail.in_reply_to or mail.references)


def has_machine_header(mail: ParsedEmail) -> bool:
    """Return whether the header has any sign of a machine."""
    submitted = mail.header("auto-submitted").lower()
    return bool(
        (submitted and not submitted.startswith("no"))
        or mail.header("x-auto-response-suppress")
        or mail.has_null_return_path
        or mail.header("precedence").lower() in ("bulk", "junk", "list")
    )
