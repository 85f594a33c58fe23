"""Recognise what absence notices put before the subject they answer, in many languages.

The words are stems, so that one covers the forms and often the languages of a family ("automat" is
in some thirty). They are far too common for a subject by themselves, and are only looked for in
front of the whole subject of a mail of ours. Not compared with the mail programs' own wording.
"""

from __future__ import annotations

import re

_AUTOMATIC = (
    *("automa", "autom.", "auto-", "autosvar", "autorespon", "avtomat", "awtomat", "otomat"),
    *("outomat", "tomatik", "автомат", "аўтамат", "автоответ", "автовідпов", "аўтаадказ"),
    *("αυτόματ", "αυτοματ", "ավտոմատ", "ինքնաշխատ", "ავტო", "אוטומט", "تلقائي", "آلي"),
    *("خودکار", "خۆکار", "ئاپتوماتىك", "स्वचालित", "स्वयंचलित", "स्वतः", "স্বয়ংক্রিয়", "স্বয়ংক্রিয়"),
    *("સ્વચાલિત", "આપમેળે", "ਸਵੈ", "ਆਟੋ", "தானியங்", "స్వయంచాలక", "ఆటో", "ಸ್ವಯಂಚಾಲಿತ", "സ്വയമേവ"),
    *("യാന്ത്രിക", "ස්වයංක්", "อัตโนมัติ", "ອັດຕະໂນມັດ", "ស្វ័យប្រវត្តិ", "အလိုအလျောက်", "tự động"),
    *("自动", "自動", "자동", "uathoibr", "sjálfvirk", "samodejn", "ezenzakalela", "худкор"),
)
_ABSENT = (
    *("abwesen", "absence", "absent", "absència", "ausent", "ausenc", "ausência", "assente"),
    *("assenza", "afwezig", "niet aanwezig", "frånvar", "fravær", "fjarver", "poissa", "puudun"),
    *("eemal", "prombūtn", "nedalyv", "nėra darbe", "neprítom", "nepřítom", "odsot", "odsut"),
    *("nieobecn", "távollét", "házon kív", "απουσ", "отсутств", "відсутн", "адсутн", "одсут"),
    *("отпуск", "відпустк", "адпачынк", "одмор", "odmor", "dopust", "dovolen", "urlop", "urlaub"),
    *("ferie", "férias", "vacacion", "vacances", "vacanz", "holiday", "vacation", "congé"),
    *("szabadság", "lomalla", "vuosiloma", "puhkus", "atvaļinājum", "atostog", "semester"),
    *("concediu", "pushim", "mungoj", "mungesë", "məzuniyyət", "yıllık izin", "izindeyim"),
    *("შვებულებ", "არ ვარ", "արձակուրդ", "բացակա", "בחופש", "בחופשה", "לא נמצא"),
    *("إجازة", "اجازة", "غياب", "مرخصی", "अवकाश", "छुट्टी", "ছুটি", "ลาพัก", "ไม่อยู่", "vắng mặt"),
    *(
        "nghỉ phép",
        "sedang cuti",
        "tidak di kantor",
        "休假",
        "休暇",
        "外出",
        "不在",
        "休業",
        "휴가",
    ),
    *("부재", "외출", "on leave", "annual leave", "parental leave", "elternzeit", "krankmeldung"),
)
_NOT_IN_THE_OFFICE = (
    *("out of office", "out-of-office", "out of the office", "not in the office", "nicht im büro"),
    *("nicht im haus", "nicht im dienst", "nicht am platz", "außer haus", "hors bureau"),
    *("hors du bureau", "absence bureau", "fuera de", "fuori ufficio", "fuori sede", "fora do"),
    *("fora de l", "fora da oficina", "poza biur", "mimo kancel", "izvan ured", "izvan kancelar"),
    *("van kancelar", "ikke på kontor", "ej på kontor", "inte på kontor", "ikke til stede"),
    *("niet op kantoor", "utan skrifstof", "ekki á skrifstof", "jashtë zyr", "nuk jam në zyr"),
    *("ofisdən kənar", "ofisdə deyil", "ofis dışı", "ofiste değil", "вне офис", "не в офис"),
    *("нет на месте", "поза офіс", "не в офіс", "извън офис", "надвор од канцелар", "van ureda"),
    *("ван канцелар", "εκτός γραφ", "în afara birou", "nu sunt la birou", "irodán kív"),
    *("toimiston ulko", "kontorist väljas", "ārpus biroj", "ne biure", "ოფისში არ", "ოფისის გარეთ"),
    *(
        "գրասենյակից դուրս",
        "מחוץ למשרד",
        "خارج المكتب",
        "خارج از",
        "di luar kantor",
        "luar pejabat",
    ),
)
_PHRASES = re.compile(
    "|".join(map(re.escape, (*_AUTOMATIC, *_ABSENT, *_NOT_IN_THE_OFFICE)))
    + r"|\b(?:auto|ooo|oof|away|congés?)\b"
)
# "Re:" and the like between the notice's words and our subject.
_MARKS_OF_ANSWER = re.compile(r"(?:\s*\b(?:re|aw|sv|вс|antw|odp|vs|ynt|rif|res)\s*[:：])+\s*$")
_LONGEST_NOTICE = 100


def is_absence_notice(subject: str, answered_subject: str) -> bool:
    """Return whether the words of an absence notice stand before our whole subject."""
    ours = " ".join(answered_subject.split()).lower()
    words = " ".join(subject.split()).lower()
    if not ours or not words.endswith(ours):
        return False
    before = words.removesuffix(ours)
    if len(before) > _LONGEST_NOTICE:
        return False
    return bool(_PHRASES.search(_MARKS_OF_ANSWER.sub("", before)))
