"""Attributions above mail without marked lines, in further languages and scripts."""

from __future__ import annotations

import pytest

from tests.tickets.quotes.texts import reply_in
from tickets.quotes.segments import Segment, split_segments

A = "Ann Lee <ann@a.example>"
# What right-to-left programs put around a line, a name and an address.
RTL_A = "\u202aAnn Lee\u202c\u200f <\u202aann@a.example\u202c\u200f>"

ATTRIBUTIONS = {
    "Gmail fa": f"در تاریخ دوشنبه ۲ مارس ۲۰۱۵، ۱۲:۰۰ {A} نوشت:",
    "Gmail fa, marks": f"\u202bدر تاریخ دوشنبه ۲ مارس ۲۰۱۵، ۱۲:۰۰ {RTL_A} نوشت:\u202c",
    "Gmail fa, wrapped": "در تاریخ دوشنبه ۲ مارس ۲۰۱۵، ۱۲:۰۰ Ann Lee <\nann@a.example> نوشت:",
    "Gmail fa, latin digits": f"در تاریخ دوشنبه 2 مارس 2015، 12:00 {A} نوشت:",
    "Apple fa": f"در ۱۱ اسفند ۱۳۹۳، ساعت ۱۲:۰۰، {A} نوشت:",
    "fa, no address": "در تاریخ ۱۳۹۳/۱۲/۱۱ ۱۲:۰۰، Ann Lee نوشت:",
    "fa, Arabic letters": f"در تاريخ ۲ مارس ۲۰۱۵ ۱۲:۰۰ {A} نوشته است:",
    "Gmail ar": f"في الاثنين، 2 مارس 2015 في 12:00 م تمت كتابة ما يلي بواسطة {A}:",
    "Gmail ar, digits": f"في الاثنين، ٢ مارس ٢٠١٥ في ١٢:٠٠ م تمت كتابة ما يلي بواسطة {RTL_A}:",
    "Apple ar": f"في ٢ مارس ٢٠١٥، الساعة ١٢:٠٠ م، كتب {A}:",
    "Gmail he": f"\u202bבתאריך יום ב׳, 2 במרץ 2015 ב-12:00 מאת {RTL_A}:\u202c",
    "Apple he": f"ב-2 במרץ 2015, בשעה 12:00, {A} כתב/ה:",
    "Gmail th": f"ในวันที่ จ. 2 มี.ค. 2015 เวลา 12:00 {A} เขียนว่า:",
    "Gmail th, long": f"ในวันจันทร์ที่ 2 มีนาคม 2015 เวลา 12:00 {A} เขียนว่า:",
    "Apple th": f"เมื่อ 2 มี.ค. 2558 เวลา 12:00 {A} เขียนว่า:",
    "th, no address": "เมื่อวันที่ 2 มี.ค. 2558 เวลา 12:00 Ann Lee เขียนว่า:",
    "th, address first": f"{A} เขียนเมื่อ จ. 2 มี.ค. 2015 เวลา 12:00 น.:",
    "ka, passive": f"ორშ, 2 მარ. 2015 წ., 12:00 — {A}-ის მიერ დაწერილი:",
    "Gmail ka": f"ორშ, 2 მარ. 2015, 12:00 {A} დაწერა:",
    "Apple ka": f"2015 წ. 2 მარ., 12:00, {A} წერს:",
    "Gmail hi": f"सोम, 2 मार्च 2015 को 12:00 बजे को {A} ने लिखा:",
    "Gmail mr": f"सोम, २ मार्च, २०१५ रोजी १२:०० PM वाजता {A} ने लिहिले:",
    "Gmail ta": f"திங்., 2 மார்., 2015, பிற்பகல் 12:00 அன்று, {A} எழுதியது:",
    "Gmail te": f"సోమ, 2 మార్చి 2015న 12:00 PMకి {A} ఇలా రాశారు:",
    "Gmail gu": f"સોમ, 2 માર્ચ, 2015 ના રોજ 12:00 PM વાગ્યે, {A} એ લખ્યું:",
    "Gmail mn": f"Дав, 2015 оны 3-р сарын 2, 12:00 {A} бичсэн:",
    "Gmail fil": f"Noong Lun, Marso 2, 2015 nang 12:00 PM, si {A} ay sumulat:",
    "Gmail sw": f"Mnamo Jtt, 2 Mac 2015 saa 12:00 {A} aliandika:",
    "Gmail af": f"Op Ma. 02 Mrt. 2015 om 12:00 het {A} geskryf:",
    "Gmail hu, wrapped": f"{A} ezt írta (időpont: 2015. márc.\n2., H, 12:00):",
    "Gmail kk": f"2015 ж. 02 нау., дс 12:00 {A} жазды:",
    "Gmail is": f"mán., 2. mar. 2015 kl. 12:00 skrifaði {A}:",
    "Gmail et": f"{A} kirjutas kuupäeval E, 2. märts 2015 kell 12:00:",
    "Gmail lt": f"2015-03-02, pr, 12:00 {A} rašė:",
    "Gmail lv": "pirmd., 2015. g. 2. marts, plkst. 12:00 — lietotājs Ann (<a@b.example>) rakstīja:",
    "Gmail hr": f"pon, 2. ožu 2015. u 12:00 {A} napisao/la je:",
    "Gmail sl": f"V V pon., 2. mar. 2015 ob 12:00 je oseba {A} napisala:",
    "sl": f"Dne pon., 2. mar. 2015 ob 12:00 je {A} napisal(-a):",
    "Gmail sr": f"пон, 2. мар 2015. у 12:00 {A} је написао/ла:",
    "Gmail bg": f"На пн, 2.03.2015 г. в 12:00 {A} написа:",
    "Gmail ca": f"Missatge de {A} del dia dl., 2 de març 2015 a les 12:00:",
    "Gmail gl": "O luns, 2 de mar. de 2015 ás 12:00, Ann Lee (<ann@a.example>) escribiu:",
    "Gmail eu": "Ann Lee (<ann@a.example>) hau idatzi du (2015 mar. 2, al. (12:00)):",
    "Gmail id": f"Pada tanggal Sen, 2 Mar 2015 pukul 12.00 {A} menulis:",
    "Gmail ms": f"Pada Isn, 2 Mac 2015 pada 12:00 PTG {A} menulis:",
    "Gmail vi": f"Vào 12:00, Th 2, 2 thg 3, 2015 {A} đã viết:",
    "Gmail sq": f"Më hën, 2 mar 2015 në 12:00 {A} shkroi:",
}


@pytest.mark.parametrize("language", ATTRIBUTIONS)
def test_an_attribution_without_marked_lines_begins_the_quotation(language: str) -> None:
    for before in ("\n\n", "\n"):
        for after in ("\n", "\n\n"):
            text = f"Done, thanks.{before}{ATTRIBUTIONS[language]}{after}Is it fixed?\n\nBye\n"

            assert reply_in(text).strip() == "Done, thanks."


@pytest.mark.parametrize("language", ATTRIBUTIONS)
def test_words_below_marked_lines_are_the_reply(language: str) -> None:
    text = f"{ATTRIBUTIONS[language]}\n> Is it fixed?\n\nYes, it is.\n"

    assert reply_in(text).strip() == "Yes, it is."


@pytest.mark.parametrize(
    "text",
    [
        "سلام\nدر تاریخ ۱۲ اردیبهشت ۱۴۰۲ ساعت ۱۰:۱۵ مشتری نوشت:\nچاپگر خراب است\n",
        "سلام\nدر ساعت ۱۰:۱۵ همکارم نوشت:\nچاپگر خراب است\n",
        "مرحبا\nفي ٢ مارس ٢٠١٥ الساعة ١٢:٠٠ كتب العميل:\nالطابعة معطلة\n",
        "مرحبا\nفي الاجتماع كتب المدير:\nالطابعة معطلة\n",
        "שלום\nבתאריך 2 במרץ 2015 בשעה 12:00 הלקוח כתב:\nהמדפסת לא עובדת\n",
        "สวัสดี\nเมื่อวันที่ 2 มี.ค. 2558 เวลา 12:00 ลูกค้าเขียนว่า:\nเครื่องพิมพ์เสีย\n",
        "สวัสดี\nเมื่อวันที่ 2 มี.ค. 2558 เวลา 12:00 ลูกค้า เขียนว่า:\nเครื่องพิมพ์เสีย\n",
        "გამარჯობა\n2 მარტს, 2015, 12:00 კლიენტმა დაწერა:\nპრინტერი გაფუჭდა\n",
        "Tere\n2. märtsil 2015 kell 12:00 klient kirjutas:\nprinter on katki\n",
        "Labas\n2015-03-02 12:00 klientas rašė:\nspausdintuvas sugedo\n",
        "Pozdrav\n2. ožu 2015. u 12:00 klijent je napisao:\npisač ne radi\n",
        "Halo\nPada tanggal 2 Mar 2015 pukul 12.00 pelanggan menulis:\nprinter rusak\n",
        "Chào\nVào 12:00, 2 thg 3, 2015 khách hàng đã viết:\nmáy in hỏng\n",
        "Сәлем\n2015 ж. 02 нау. 12:00 клиент жазды:\nпринтер бұзылды\n",
    ],
)
def test_a_persons_own_story_is_the_reply(text: str) -> None:
    assert split_segments(text) == (Segment("reply", 0, len(text)),)


@pytest.mark.parametrize(
    "banner", ["הודעה מקורית", "الرسالة الأصلية", "ข้อความต้นฉบับ", "Pesan Asli", "Sākotnējā vēstule"]
)
def test_a_banner_begins_the_quotation(banner: str) -> None:
    assert reply_in(f"Done.\n\n-------- {banner} --------\nOld text\n") == "Done.\n\n"


def test_the_hyphens_of_protonmail_are_a_banner() -> None:
    text = "Done.\n\n‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐\nOld text\n"

    assert reply_in(text) == "Done.\n\n"
