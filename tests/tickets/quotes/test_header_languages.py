"""The header that Outlook repeats above a quoted mail, in the languages of Outlook."""

from __future__ import annotations

import textwrap

import pytest

from tests.tickets.quotes.texts import segments_of
from tickets.quotes.segments import Segment, split_segments

ADDRESS = "Support Desk <support@desk.example>"
# From, Sent, To, Cc and Subject, and the date as it is written.
LABELS = {
    "is": ("Frá", "Sent", "Til", "Afrit", "Efni", "fimmtudagur, 5. febrúar 2026 13:29"),
    "et": ("Saatja", "Saadetud", "Adressaat", "Koopia", "Teema", "5. veebruar 2026 13:29"),
    "lv": ("No", "Nosūtīts", "Kam", "Kopija", "Tēma", "2026. gada 5. februāris 13:29"),
    "lt": ("Nuo", "Išsiųsta", "Kam", "Kopija", "Tema", "2026 m. vasario 5 d. 13:29"),
    "lt web": ("Nuo", "Išsiųsta", "Iki", "Kopija", "Tema", "2026 m. vasario 5 d. 13:29:07"),
    "bg": ("От", "Изпратено", "До", "Копие", "Относно", "05 февруари 2026 г. 13:29"),
    "mk": ("Од", "Испратено", "До", "Копија", "Предмет", "четврток, 5 февруари 2026 13:29"),
    "sr latin": ("Od", "Poslato", "Za", "Kopija", "Tema", "četvrtak, 5. februar 2026. 13:29"),
    "sr": ("Од", "Послато", "За", "Копија", "Тема", "четвртак, 5. фебруар 2026. 13:29"),
    "hr": ("Od", "Poslano", "Za", "Kopija", "Predmet", "četvrtak, 5. veljače 2026. 13:29"),
    "bs": ("Od", "Poslano", "Prima", "Kopija", "Predmet", "5. februar 2026. 13:29"),
    "sl": ("Od", "Poslano", "Za", "Kp", "Zadeva", "četrtek, 05. februar 2026 13:29"),
    "cs": ("Od", "Odesláno", "Komu", "Kopie", "Předmět", "čtvrtek 5. února 2026 13:29"),
    "sk": ("Od", "Odoslané", "Komu", "Kópia", "Predmet", "štvrtok 5. februára 2026 13:29"),
    "hu": ("Feladó", "Elküldve", "Címzett", "Másolatot kap", "Tárgy", "2026. február 5. 13:29"),
    "ro": ("De la", "Trimis", "Către", "Cc", "Subiect", "joi, 5 februarie 2026 13:29"),
    "sq": ("Nga", "Dërguar", "Për", "Kopje", "Tema", "e enjte, 5 shkurt 2026 13:29"),
    "el": ("Από", "Στάλθηκε", "Προς", "Κοιν.", "Θέμα", "Πέμπτη, 5 Φεβρουαρίου 2026 13:29"),
    "uk": ("Від", "Надіслано", "Кому", "Копія", "Тема", "5 лютого 2026 р. 13:29"),
    "be": ("Ад", "Адпраўлена", "Каму", "Копія", "Тэма", "5 лютага 2026 г. 13:29"),
    "ca": ("De", "Enviat el", "Per a", "A/c", "Tema", "dijous, 5 de febrer de 2026 13:29"),
    "gl": ("De", "Enviado", "Para", "Cc", "Asunto", "xoves, 5 de febreiro de 2026 13:29"),
    "eu": ("Nork", "Bidalita", "Nori", "Kopia", "Gaia", "osteguna, 2026(e)ko otsaila(k) 5 13:29"),
    "tr": ("Gönderen", "Gönderildi", "Kime", "Bilgi", "Konu", "5 Şubat 2026 Perşembe 13:29"),
    "az": ("Kimdən", "Göndərildi", "Kimə", "Surət", "Mövzu", "5 fevral 2026 13:29"),
    "kk": ("Кімнен", "Жіберілді", "Кімге", "Көшірме", "Тақырып", "2026 ж. 5 ақпан 13:29"),
    "kk other": ("Жіберуші", "Жіберілген күні", "Алушы", "Көшірме", "Тақырыбы", "05.02.2026 13:29"),
    "ka": ("გამომგზავნი", "გაგზავნილია", "მიმღები", "ასლი", "თემა", "5 თებერვალი, 2026 13:29"),
    "ka other": ("ვისგან", "გაგზავნის თარიღი", "ვის", "ასლი", "თემა", "5 თებერვალი 2026 წ. 13:29"),
    "hy": ("Ուղարկող", "Ուղարկված է", "Ստացող", "Պատճեն", "Թեմա", "5 փետրվարի, 2026 13:29"),
    "he": ("מאת", "נשלח", "אל", "עותק", "נושא", "יום חמישי 05 פברואר 2026 13:29"),
    "ar": ("من", "تم الإرسال", "إلى", "نسخة", "الموضوع", "الخميس، 5 فبراير 2026 01:29 م"),
    "ar digits": ("من", "تاريخ الإرسال", "إلى", "نسخة", "الموضوع", "٠٥/فبراير/٢٠٢٦ ٠١:٢٩ م"),
    "fa": ("از", "ارسال شده", "به", "رونوشت", "موضوع", "پنجشنبه, ۱۶ بهمن ۱۴۰۴ ۱۳:۲۹"),
    "fa joined": ("از", "ارسال‌شده", "به", "رونوشت", "موضوع", "05 فوریه 2026 01:29 ب.ظ"),
    "hi": ("प्रेषक", "भेजा गया", "प्रति", "प्रतिलिपि", "विषय", "गुरुवार, 5 फ़रवरी 2026 13:29"),
    "hy colons": ("Ումից", "Ուղարկվել է", "Ում", "Պատճեն", "Թեմա", "5 փետրվարի, 2026 13:29"),
    "uz": ("Kimdan", "Yuborildi", "Kimga", "Nusxa", "Mavzu", "5-fevral, 2026 13:29"),
    "uz cyrillic": ("Кимдан", "Юборилди", "Кимга", "Нусха", "Мавзу", "5 феврал 2026 13:29"),
    "th": ("จาก", "ส่ง", "ถึง", "สำเนา", "เรื่อง", "วันพฤหัสบดีที่ 5 กุมภาพันธ์ 2569 13:29"),
    "th other": ("จาก", "ส่งเมื่อ", "ถึง", "สำเนา", "ชื่อเรื่อง", "5 กุมภาพันธ์ 2026 13:29"),
    "vi": ("Từ", "Đã gửi", "Đến", "Cc", "Chủ đề", "Thứ Năm, 5 Tháng Hai 2026 1:29 CH"),
    "vi other": ("Từ", "Ngày gửi", "Tới", "Cc", "Tiêu đề", "05 Tháng Hai 2026 13:29"),
    "id": ("Dari", "Dikirim", "Kepada", "Tembusan", "Perihal", "Kamis, 05 Februari 2026 13.29"),
    "id other": ("Dari", "Terkirim", "Ke", "Cc", "Subjek", "05 Februari 2026 13:29"),
    "ms": ("Daripada", "Dihantar", "Kepada", "Salinan", "Subjek", "5 Februari 2026 1:29 PTG"),
}  # fmt: skip
OWN = "Uus vastus.\n\n"


def block_of(language: str, *, label: str = "{}:") -> list[str]:
    """Return the lines of a block; label: how the labels are written."""
    *names, date = LABELS[language]
    values = (ADDRESS, date, "Anna Berg <anna@a.example>", "Bo <bo@a.example>", "[№ 5] Printer")
    return [f"{label.format(name)} {value}" for name, value in zip(names, values, strict=True)]


def assert_quoted(quotation: str) -> None:
    assert segments_of(OWN + quotation) == [("reply", OWN), ("quoted", quotation)]


@pytest.mark.parametrize("language", LABELS)
def test_the_block_and_what_follows_are_quoted(language: str) -> None:
    sender, sent, to, copy, subject = block_of(language)

    assert_quoted("\n".join([sender, sent, to, subject, "", "Old text\n"]))
    assert_quoted("\n".join([sender, sent, to, copy, subject, "", "Old text\n"]))
    assert_quoted("\n\n".join([sender, sent, to, copy, subject, "Old text\n"]))


@pytest.mark.parametrize("language", LABELS)
def test_a_rule_bold_labels_wide_colons_and_marks_of_direction_change_nothing(
    language: str,
) -> None:
    for label in (
        "*{}:*",
        "*{}*:",
        "**{}:**",
        "{} :",
        "{}：",
        "\u200f{}:\u200f",
        "\u202b{}\u202c:",
    ):
        assert_quoted("\n".join([*block_of(language, label=label), "", "Old text\n"]))
    assert_quoted("\n".join(["_" * 32, *block_of(language), "", "Old text\n"]))


@pytest.mark.parametrize("language", LABELS)
def test_a_block_that_a_program_flattened_is_quoted(language: str) -> None:
    for label in ("{}:", "*{}:*", "{} :", "{}："):
        fields = block_of(language, label=label)
        line = " ".join(fields)

        assert_quoted(f"{line}\n\nOld text\n")
        assert_quoted(f"{line} Old text\n")
        assert_quoted(f"-----Original Message-----{line}\n\nOld text\n")
        assert_quoted(f"{'_' * 32} {line}\n\nOld text\n")
        assert_quoted(f"{textwrap.fill(line, 72, break_on_hyphens=False)}\n\nOld text\n")


@pytest.mark.parametrize("language", LABELS)
def test_a_block_with_values_below_their_labels_is_quoted(language: str) -> None:
    names = LABELS[language][:5]
    values = [line.partition(": ")[2] for line in block_of(language)]
    lines = [f"{name}:\n{value}" for name, value in zip(names, values, strict=True)]

    assert_quoted("\n".join([*lines, "", "Old text\n"]))


@pytest.mark.parametrize("language", LABELS)
def test_a_memo_and_a_journey_on_one_line_are_the_persons_own(language: str) -> None:
    sender, sent, to, copy, subject, date = LABELS[language]
    for text in (
        f"Hello,\n{sender}: Anna {to}: Bo {copy}: Carl {subject}: leave\nThanks\n",
        f"Hello,\n{sender}: Berlin {to}: Riga {sent}: 5.2.2026\nThanks\n",
        f"The log:\n{sender}: <a@a.example> {to}: <b@b.example> {subject}: test\nThanks\n",
        f"I read {sender}: Anna <a@a.example> {sent}: {date} {to}: Bo\nThanks\n",
    ):
        assert split_segments(text) == (Segment("reply", 0, len(text)),)


@pytest.mark.parametrize("language", LABELS)
def test_a_block_without_addresses_is_quoted(language: str) -> None:
    sender, sent, to, _, subject = block_of(language)
    lines = [line.partition(" <")[0] for line in (sender, sent, to, subject)]

    assert_quoted("\n".join([*lines, "", "Old text\n"]))


@pytest.mark.parametrize("language", LABELS)
def test_a_memo_and_a_journey_are_the_persons_own(language: str) -> None:
    sender, sent, to, copy, subject, _ = LABELS[language]
    for text in (
        f"Hello,\n\n{sender}: Anna\n{to}: Bo\n{copy}: Carl\n{subject}: leave\n\nThanks\n",
        f"Hello,\n\n{sender}: Berlin\n{to}: Riga\n{sent}: 5.2.2026\n\nThanks\n",
    ):
        assert split_segments(text) == (Segment("reply", 0, len(text)),)


# In these languages a sender, a receiver and the time of sending are enough.
EVERYDAY = [name for name in LABELS if name not in ("cs", "sk", "hu", "ro", "uk", "gl", "tr")]


@pytest.mark.parametrize("language", EVERYDAY)
def test_a_parcel_with_the_time_of_sending_is_the_persons_own(language: str) -> None:
    sender, sent, to, _, _, date = LABELS[language]
    text = f"Hello,\n{sender}: Berlin\n{to}: Riga\n{sent}: {date}\n№: 12345\n\nWhere is it?\n"

    assert split_segments(text) == (Segment("reply", 0, len(text)),)


@pytest.mark.parametrize("language", LABELS)
def test_labels_in_prose_are_the_persons_own(language: str) -> None:
    sender, sent, to, copy, subject, date = LABELS[language]
    text = (
        f"{subject}: printer\n{sender} 10:00 {to} 12:00, {sent} {date}.\n{to}: 12:00\n\n"
        f"{copy}: 2\n{sender}: 10:00\n"
    )

    assert split_segments(text) == (Segment("reply", 0, len(text)),)


@pytest.mark.parametrize(
    "text",
    [
        "Hello\n\nNo: 12\nDate: 3 May 2020 10:00\nSubject: invoice\nplease check\n",
        "Hello\n\nNo: INV-12\nSent: 3 May 2020 10:00\nSubject: invoice\nplease check\n",
        "Здравейте\n\nОт: 10:00\nДо: 12:00\nДата: 05.02.2026\nТема: среща\n\nБлагодаря\n",
        "Labas\n\nNuo: 2026-02-05 10:00\nIki: 2026-02-06 12:00\nTema: atostogos\n\nAčiū\n",
        "Прошу согласовать.\n\nОт: Иванов\nКому: Петров\nТема: отпуск\n\nСпасибо\n",
        "สวัสดี\n\nจาก: ฝ่ายขาย\nถึง: ฝ่ายบัญชี\nวันที่: 5 กุมภาพันธ์ 2569\nเรื่อง: ขอลา\n\nขอบคุณ\n",
        "سلام\n\nاز: فروش\nبه: انبار\nتاریخ: ۱۶ بهمن ۱۴۰۴\nموضوع: مرخصی\n\nممنون\n",
        "Selamat\n\nDari: Jakarta\nKe: Bandung\nTanggal: 3 Mei 2026 10:00\n\nTerima kasih\n",
        "For the file:\n\nTO: Bo\nFROM: Anna\nDATE: May 3, 2020\nSUBJECT: leave\n\nPlease sign\n",
        "Server: a@b.example\nTime: 2026-02-05 10:00\nState: down\nCause: disk\n\nHelp\n",
        "Tere\n\nNimi: Anna <anna@a.example>\nAeg: 5.2.2026 13:29\nKoht: Tartu\nHind: 5\n\nAitäh\n",
    ],
)
def test_lists_of_names_and_values_are_the_persons_own(text: str) -> None:
    assert split_segments(text) == (Segment("reply", 0, len(text)),)


UNKNOWN = [
    f"Abc: {ADDRESS}",
    "Def ghi: 5 xyz 2026 13:29",
    "Jkl: Anna <anna@a.example>",
    "Mno: Printer",
]


def test_a_block_in_an_unknown_language_is_recognized_by_its_form() -> None:
    assert_quoted("\n".join([*UNKNOWN, "", "Old text\n"]))


@pytest.mark.parametrize("label", ["*{}:*", "**{}**:"])
def test_bold_labels_stand_for_the_second_address(label: str) -> None:
    lines = [line.replace("Anna <anna@a.example>", "Anna") for line in UNKNOWN]
    bold = [label.format(line.partition(":")[0]) + line.partition(":")[2] for line in lines]

    assert_quoted("\n".join([*bold, "", "Old text\n"]))


def test_outlooks_rule_stands_for_the_second_address() -> None:
    lines = [line.replace("Anna <anna@a.example>", "Anna") for line in UNKNOWN]

    assert_quoted("\n".join(["_" * 32, *lines, "", "Old text\n"]))
    text = OWN + "\n".join([*lines, "", "More text\n"])
    assert split_segments(text) == (Segment("reply", 0, len(text)),)
