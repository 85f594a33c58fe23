"""Attributions, banners and header blocks of mail programs, program by program."""

from __future__ import annotations

import pytest

from tests.tickets.quotes.texts import reply_in

# The wording is that of the programs, the names are ours.
ABOVE = {
    "Gmail en": "On Mon, Mar 2, 2015 at 12:00 PM Ann Lee <ann@a.example> wrote:",
    "Gmail en wrapped": (
        "On Mon, Mar 2, 2015 at 12:00 PM Ann Katherine Longname-Lee <\n"
        "ann.longname@department.a.example> wrote:"
    ),
    "Gmail ru": "вт, 3 мар. 2015 г. в 12:00, Анна Ли <ann@a.example>:",
    "Gmail ru old": "3 марта 2015 г., 12:00 пользователь Анна Ли <ann@a.example> написал:",
    "Gmail ru short": "2 марта 2015 г. в 12:00 Анна <ann@a.example> написал(а):",
    "Gmail uk": "пн, 1 лист. 2021 р. о 10:00 Ганна Лі <ann@a.example> пише:",
    "Gmail uk wrapped": (
        "пн, 1 лист. 2021 р. о 10:00 Ганна Олександрівна Довгопрізвищенко <\nann@a.example> пише:"
    ),
    "Gmail de": "Am Mo., 2. März 2015 um 12:00 Uhr schrieb Ann Lee <ann@a.example>:",
    "Gmail de wrapped": (
        "Am Mo., 2. März 2015 um 12:00 Uhr schrieb Ann Longname-Lee <\nann@a.example>:"
    ),
    "Gmail fr": "Le lun. 2 mars 2015 à 12:00, Ann Lee <ann@a.example> a écrit :",
    "Gmail es": "El lun, 2 mar 2015 a las 12:00, Ann Lee (<ann@a.example>) escribió:",
    "Gmail it": "Il giorno lun 2 mar 2015 alle ore 12:00 Ann Lee <ann@a.example> ha scritto:",
    "Gmail pt": "Em seg., 2 de mar. de 2015 às 12:00, Ann Lee <ann@a.example> escreveu:",
    "Gmail pl": "pon., 2 mar 2015 o 12:00 Ann Lee <ann@a.example> napisał(a):",
    "Gmail nl": "Op ma 2 mrt 2015 om 12:00 schreef Ann Lee <ann@a.example>:",
    "Gmail no": "man. 2. mar. 2015 kl. 12:00 skrev Ann Lee <ann@a.example>:",
    "Gmail da": "Den man. 2. mar. 2015 kl. 12.00 skrev Ann Lee <ann@a.example>:",
    "Gmail sv": "Den mån 2 mars 2015 kl 12:00 skrev Ann Lee <ann@a.example>:",
    "Gmail fi": "ma 2. maalisk. 2015 klo 12.00 Ann Lee (ann@a.example) kirjoitti:",
    "Gmail cs": "po 2. 3. 2015 v 12:00 odesílatel Ann Lee <ann@a.example> napsal:",
    "Gmail tr": "Ann Lee <ann@a.example>, 2 Mar 2015 Pzt, 12:00 tarihinde şunu yazdı:",
    "Gmail hu": "Ann Lee <ann@a.example> ezt írta (időpont: 2015. márc. 2., H, 12:00):",
    "Gmail zh": "Ann Lee <ann@a.example> 于2015年3月2日周一 下午12:00写道：",
    "Gmail ja": "2015年3月2日(月) 12:00 Ann Lee <ann@a.example>:",
    "Gmail ko": "2015년 3월 2일 (월) 오후 12:00, Ann Lee <ann@a.example>님이 작성:",
    "Gmail ro": "În lun., 2 mar. 2015 la 12:00, Ann Lee <ann@a.example> a scris:",
    "Gmail el": "Στις Δευ 2 Μαρ 2015 στις 12:00 μ.μ., ο χρήστης Ann <ann@a.example> έγραψε:",
    "Gmail iso": "2015-03-02 12:00 GMT+03:00 Ann Lee <ann@a.example>:",
    "Apple en": "On Mar 2, 2015, at 12:00 PM, Ann Lee <ann@a.example> wrote:",
    "Apple en nomail": "On 2 Mar 2015, at 12:00, Ann Lee wrote:",
    "Apple ru": "2 марта 2015 г., в 12:00, Анна Ли <ann@a.example> написал(а):",
    "Apple uk": "2 бер. 2015 р. о 12:00 Ганна Лі <ann@a.example> написав(ла):",
    "Apple uk2": "2 бер. 2015 р. о 12:00 пп Ганна Лі <ann@a.example> пише:",
    "Apple de": "Am 02.03.2015 um 12:00 schrieb Ann Lee <ann@a.example>:",
    "Apple fr": "Le 2 mars 2015 à 12:00, Ann Lee <ann@a.example> a écrit :",
    "Apple es": "El 2 mar 2015, a las 12:00, Ann Lee <ann@a.example> escribió:",
    "Apple it": "Il giorno 02 mar 2015, alle ore 12:00, Ann Lee <ann@a.example> ha scritto:",
    "Apple pt": "No dia 2 de mar. de 2015, às 12:00, Ann Lee <ann@a.example> escreveu:",
    "Apple pl": "Wiadomość napisana przez Ann <a@b.example> w dniu 2 mar 2015, o godz. 12:00:",
    "Apple nl": "Op 2 mrt. 2015, om 12:00 heeft Ann Lee <ann@a.example> het volgende geschreven:",
    "Apple sv": "2 mars 2015 kl. 12:00 skrev Ann Lee <ann@a.example>:",
    "Apple no": "2. mar. 2015 kl. 12:00 skrev Ann Lee <ann@a.example>:",
    "Apple da": "Den 2. mar. 2015 kl. 12.00 skrev Ann Lee <ann@a.example>:",
    "Apple zh": "在 2015年3月2日，下午12:00，Ann Lee <ann@a.example> 写道：",
    "Apple zh-tw": "Ann Lee <ann@a.example> 於 2015年3月2日 下午12:00 寫道：",
    "Apple ja": "2015/03/02 12:00、Ann Lee <ann@a.example>のメール:",
    "Apple ko": "2015. 3. 2. 오후 12:00, Ann Lee <ann@a.example> 작성:",
    "Thunderbird en": "On 02/03/2015 12:00, Ann Lee wrote:",
    "Thunderbird en2": "On 3/2/15 12:00 PM, Ann Lee wrote:",
    "Thunderbird ru": "02.03.2015 12:00, Анна Ли пишет:",
    "Thunderbird de": "Am 02.03.2015 um 12:00 schrieb Ann Lee:",
    "Thunderbird fr": "Le 02/03/2015 à 12:00, Ann Lee a écrit :",
    "Thunderbird es": "El 02/03/2015 a las 12:00, Ann Lee escribió:",
    "Thunderbird it": "Il 02/03/2015 12:00, Ann Lee ha scritto:",
    "Thunderbird pt": "Em 02/03/2015 12:00, Ann Lee escreveu:",
    "Thunderbird pl": "W dniu 02.03.2015 o 12:00, Ann Lee pisze:",
    "Thunderbird nl": "Op 02-03-15 om 12:00 schreef Ann Lee:",
    "Thunderbird sv": "Den 2015-03-02 kl. 12:00, skrev Ann Lee:",
    "Thunderbird da": "Den 02-03-2015 kl. 12:00 skrev Ann Lee:",
    "Thunderbird no": "Den 02.03.2015 12:00, skrev Ann Lee:",
    "Thunderbird cs": "Dne 02. 03. 15 v 12:00 Ann Lee napsal(a):",
    "Yahoo en": "On Monday, March 2, 2015, 12:00:00 PM GMT+3, Ann Lee <ann@a.example> wrote:",
    "Yahoo en old": "On Monday, March 2, 2015 12:00 PM, Ann Lee <ann@a.example> wrote:",
    "Yahoo de": (
        "Am Montag, 2. März 2015 um 12:00:00 MEZ hat Ann Lee <ann@a.example> Folgendes geschrieben:"
    ),
    "Yahoo fr": "Le lundi 2 mars 2015 à 12:00:00 UTC+1, Ann Lee <ann@a.example> a écrit :",
    "Yahoo es": "El lunes, 2 de marzo de 2015, 12:00:00 CET, Ann Lee <ann@a.example> escribió:",
    "Yahoo it": "Il lunedì 2 marzo 2015, 12:00:00 CET, Ann Lee <ann@a.example> ha scritto:",
    "Yahoo pt": "Em segunda-feira, 2 de março de 2015 12:00:00 BRT, Ann <a@b.example> escreveu:",
    "Yahoo ru": "В понедельник, 2 марта 2015 г., 12:00:00 GMT+3, Ann <a@b.example> написал(а):",
    "Yahoo uk": "У понеділок, 2 березня 2015 р., 12:00:00 GMT+2, Ann <a@b.example> написав(-ла):",
    "Mail.ru": "Среда, 4 марта 2015, 12:00 +03:00 от Анна Ли <ann@a.example>:",
    "Mail.ru short": "Понедельник, 9 февраля 2026, 20:31 +03:00 от Анна Ли:",
    "Mail.ru en": "Wednesday, March 4, 2015 12:00 PM +03:00 from Ann Lee <ann@a.example>:",
    "Mail.ru 2000s": 'Wed, 4 Mar 2009 12:00:00 +0300 от "Анна Ли" <ann@a.example>:',
    "Mail.ru uk": "Середа, 4 березня 2015, 12:00 +02:00 від Ганна <ann@a.example>:",
    "Yandex": '04.03.2015, 12:00, "Анна Ли" <ann@a.example>:',
    "Yandex2": '02.03.2015, 12:00, "Ann Lee" <ann@a.example>:',
    "Yandex new": "В 12:00, 4 марта 2015 г., Анна Ли <ann@a.example> написал(а):",
    "Yandex new2": (
        "----------------\n"
        "Кому: x@y.example (x@y.example);\n"
        "Тема: Привет;\n"
        '04.03.2015, 12:00, "Анна Ли" <ann@a.example>:'
    ),
    "The Bat": "Вы писали 4 марта 2015 г., 12:00:02:",
    "The Bat en": "You wrote Wednesday, March 4, 2015, 12:00:02 PM:",
    "Outlook ru inline": '4 марта 2015 г. 12:00 пользователь "Анна Ли" <ann@a.example> написал:',
    "Outlook.com ru": (
        "От: Анна Ли <ann@a.example>\n"
        "Отправлено: 4 марта 2015 г. 12:00\n"
        "Кому: x@y.example\n"
        "Тема: Привет"
    ),
    "Outlook ru rule": (
        "________________________________\n"
        "От: Анна Ли\n"
        "Отправлено: 4 марта 2015 г. 12:00\n"
        "Кому: Иван\n"
        "Тема: Re: Привет"
    ),
    "Outlook uk": (
        "Від: Ганна <ann@a.example>\nНадіслано: 4 березня 2015 р. 12:00\nКому: x\nТема: Привіт"
    ),
    "Outlook en bold": (
        "*From:* Ann Lee [mailto:ann@a.example]\n"
        "*Sent:* Monday, March 2, 2015 12:00 PM\n"
        "*To:* X\n"
        "*Subject:* RE: hello"
    ),
    "Outlook spaced": (
        "From: Ann Lee <ann@a.example>\n"
        "\n"
        "Sent: Monday, March 2, 2015 12:00 PM\n"
        "\n"
        "To: X\n"
        "\n"
        "Subject: RE: hello"
    ),
    "Outlook de": (
        "Von: Ann Lee <ann@a.example>\n"
        "Gesendet: Montag, 2. März 2015 12:00\n"
        "An: X\n"
        "Betreff: AW: Hallo"
    ),
    "Outlook fr": (
        "De : Ann Lee <ann@a.example>\nEnvoyé : lundi 2 mars 2015 12:00\nÀ : X\nObjet : RE: Bonjour"
    ),
    "Outlook es": (
        "De: Ann Lee\nEnviado el: lunes, 2 de marzo de 2015 12:00\nPara: X\nAsunto: RE: hola"
    ),
    "Outlook it": ("Da: Ann Lee\nInviato: lunedì 2 marzo 2015 12:00\nA: X\nOggetto: R: ciao"),
    "Outlook pl": (
        "Od: Ann Lee\nWysłano: poniedziałek, 2 marca 2015 12:00\nDo: X\nTemat: RE: cześć"
    ),
    "Outlook nl": (
        "Van: Ann Lee\nVerzonden: maandag 2 maart 2015 12:00\nAan: X\nOnderwerp: RE: hallo"
    ),
    "Outlook sv": ("Från: Ann Lee\nSkickat: den 2 mars 2015 12:00\nTill: X\nÄmne: SV: hej"),
    "Outlook zh": ("发件人: Ann Lee\n发送时间: 2015年3月2日 12:00\n收件人: X\n主题: 答复: 你好"),
    "Outlook ja": ("差出人: Ann Lee\n送信日時: 2015年3月2日 12:00\n宛先: X\n件名: RE: こんにちは"),
    "Outlook phone": (
        "-------- Original message --------\n"
        "From: Ann <ann@a.example>\n"
        "Date: 02/03/2015 12:00 (GMT+03:00)\n"
        "To: x@y.example\n"
        "Subject: hello"
    ),
    "Outlook old ru": ("-----Исходное сообщение-----\nFrom: Ann\nSent: Monday\nTo: X\nSubject: Hi"),
    "Gmail fwd": (
        "---------- Forwarded message ---------\n"
        "From: Ann Lee <ann@a.example>\n"
        "Date: Mon, Mar 2, 2015 at 12:00 PM\n"
        "Subject: hello\n"
        "To: <x@y.example>"
    ),
    "Gmail fwd ru": (
        "---------- Forwarded message ---------\n"
        "От: Ann Lee <ann@a.example>\n"
        "Date: пн, 2 мар. 2015 г. в 12:00\n"
        "Subject: hello\n"
        "To: <x@y.example>"
    ),
    "Mail.ru fwd": (
        "-------- Пересылаемое сообщение --------\n"
        "От: Анна <ann@a.example>\n"
        "Кому: x@y.example\n"
        "Дата: Среда, 4 марта 2015, 12:00 +03:00\n"
        "Тема: Привет"
    ),
    "Yandex fwd": (
        '-------- Пересылаемое сообщение --------\n04.03.2015, 12:00, "Анна Ли" <ann@a.example>:'
    ),
    "Thunderbird forward ru": (
        "-------- Перенаправленное сообщение --------\n"
        "Тема: \tПривет\n"
        "Дата: \tWed, 4 Mar 2015 12:00:00 +0300\n"
        "От: \tАнна <ann@a.example>\n"
        "Кому: \tx@y.example"
    ),
    "Thunderbird forward uk": (
        "-------- Переслане повідомлення --------\n"
        "Тема: Привіт\n"
        "Дата: Wed, 4 Mar 2015\n"
        "Від: Ганна <ann@a.example>\n"
        "Кому: x"
    ),
    "Apple fwd": (
        "Begin forwarded message:\n"
        "\n"
        "From: Ann Lee <ann@a.example>\n"
        "Subject: hello\n"
        "Date: March 2, 2015 at 12:00:00 PM GMT+3\n"
        "To: x@y.example"
    ),
    "Apple fwd ru": (
        "Начало переадресованного сообщения:\n"
        "\n"
        "От: Анна <ann@a.example>\n"
        "Тема: Привет\n"
        "Дата: 2 марта 2015 г., 12:00:00 GMT+3\n"
        "Кому: x@y.example"
    ),
    "Zoho": "---- On Mon, 02 Mar 2015 12:00:00 +0300 Ann Lee <ann@a.example> wrote ----",
    "Notes en": "Ann Lee <ann@a.example> wrote on 02/03/2015 12:00:",
    "Gmail de, turned": ("Ann Lee <ann@a.example> schrieb am Mo., 2. März 2015,\n12:00:"),
    "zoho ru": "---- Включено Пн, 02 мар 2015 12:00:00 +0300 Ann <ann@a.example> написал ----",
    "QQ": (
        "------------------ 原始邮件 ------------------\n"
        '发件人: "Ann" <ann@a.example>;\n'
        "发送时间: 2015年3月2日(星期一) 中午12:00\n"
        '收件人: "X" <x@y.example>;\n'
        "主题: hello"
    ),
    "163": 'At 2015-03-02 12:00:00, "Ann Lee" <ann@a.example> wrote:',
    "163 zh": '在 2015-03-02 12:00:00，"Ann Lee" <ann@a.example> 写道：',
    "Gmail vi": "Vào Th 2, 2 thg 3, 2015 vào lúc 12:00 Ann <ann@a.example> đã viết:",
    "Outlook.com, no subject": "From: Ann\nSent: Thursday, 28 January 2016 8:16 p.m.\nTo: X",
    "Horde": "Quoting Ann Lee <ann@a.example>:",
    "Horde de": "Zitat von Ann Lee <ann@a.example>:",
    "Google Groups": "Ann via The Help Desk wrote:",
    "Notes": ("From: Ann Lee <ann@a.example>\nTo: X\nDate: 02/03/2015 12:00\nSubject: hello"),
}

# Without forwards and header blocks, below which programs mark no lines.
ATTRIBUTIONS = {
    name: above
    for name, above in ABOVE.items()
    if above.endswith((":", "：", " ----")) and not above.startswith(("-----", "_"))
}


@pytest.mark.parametrize("quotation", ["> Is it fixed?\n> Bye\n", "Is it fixed?\n\nBye\n"])
@pytest.mark.parametrize("above", ABOVE.values(), ids=ABOVE.keys())
def test_what_a_program_puts_above_the_quoted_mail_is_not_part_of_the_reply(
    above: str, quotation: str
) -> None:
    for before, after in (("\n\n", "\n"), ("\n\n", "\n\n"), ("\n", "\n"), ("\n", "\n\n")):
        text = f"It is fixed now, thanks.{before}{above}{after}{quotation}"

        assert reply_in(text).strip() == "It is fixed now, thanks."


@pytest.mark.parametrize("above", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS.keys())
def test_words_below_the_quotation_are_the_reply(above: str) -> None:
    text = f"{above}\n> Is it fixed?\n>\n> Bye\n\nYes, it is.\nThanks!\n"

    assert reply_in(text).strip() == "Yes, it is.\nThanks!"
