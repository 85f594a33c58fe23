"""What people of the sample write after the desk has answered them, and the latest mails."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from config.local.sample import people as who
from config.local.sample.mails import Letter


def quoted(author: str, text: str) -> str:
    """Return a text as mail programs quote it."""
    lines = "\n".join(f"> {line}".rstrip() for line in text.splitlines())
    return f"\n{author}:\n{lines}\n"


VPN_QUESTION = (
    "Павел, здравствуйте!\n\nПо логу клиент теряет ответ сервера ровно через десять минут. "
    "Скажите, пожалуйста:\n\n1. какая версия клиента (меню «Справка»);\n"
    "2. рвётся ли, если выключить IPv6;\n3. как называется ваш роутер дома."
)
VPN_REPLY = (
    "Тимур, добрый вечер.\n\n1. 5.2.1\n2. без IPv6 держалось 40 минут, потом не проверял\n"
    "3. Keenetic Giga\n\nПавел\n"
)
VPN_PLAN = (
    "Спасибо, этого хватило: в версии 5.2.1 сломано обновление ключа. Поставьте, пожалуйста, "
    "5.2.3:\n\nhttps://vpn.desk.example/5.2.3\n\nIPv6 можно включить обратно."
)
VPN_RESULT = (
    "Поставил. Полдня без обрывов, спасибо! Закрывать пока рано: коллеги с Mac пишут, что для них "
    "5.2.3 нет?\n"
)


def vpn_reply(answers: str) -> Letter:
    """Return Pavel's reply to the first question, which quotes it."""
    asked_at = datetime.now(UTC) - timedelta(hours=26.1)
    text = VPN_REPLY + quoted(f"{asked_at:%d.%m.%Y %H:%M}, Служба поддержки", VPN_QUESTION)
    return _reply("pavel-2", who.PAVEL, "VPN отваливается каждые 10 минут", text, answers, 9)


def vpn_result(answers: str) -> Letter:
    """Return Pavel's last letter, which quotes the whole conversation."""
    before = VPN_PLAN + quoted("Павел Крылов", VPN_REPLY + quoted("Тимур Галеев", VPN_QUESTION))
    text = VPN_RESULT + quoted("Вчера, Служба поддержки", before)
    return _reply("pavel-3", who.PAVEL, "VPN отваливается каждые 10 минут", text, answers, 0.2)


def gleb_joins(answers: str) -> Letter:
    """Return a letter of somebody in copy."""
    text = "Подтверждаю: с 1 октября 12 мест, подписано обеими сторонами. Оригинал у вас с 28.09.\n"
    return _reply(
        "gleb-1", who.GLEB, "Счёт за ноябрь: не сходится сумма", text, answers, 3.4, [who.IRINA]
    )


def evgeny_crosses(answers: str) -> Letter:
    """Return a letter that crosses an answer which has not left yet."""
    text = "Отбой по 22-й: её трекер ожил сам. 17 и 31 молчат.\n"
    return _reply("evgeny-2", who.EVGENY, "Трекеры на трёх машинах молчат", text, answers, 0.8)


def james_presses(answers: str) -> Letter:
    """Return James's second letter."""
    text = (
        "Thank you, Emma. Splitting it by year works for the court, but not for the client. Is the"
        " fix still planned for Friday?\n\nJames\n"
        + quoted("On Wed, Support wrote", "As a workaround you can export the matter year by year.")
    )
    return _reply("james-2", who.JAMES, "Export of case files stops at 2 GB", text, answers, 0.6)


def laura_is_away(answers: str) -> Letter:
    """Return the auto-reply of somebody on holiday."""
    return Letter(
        name="laura-away",
        sender=who.LAURA,
        subject="Automatic reply: Import of contacts: 214 rows rejected",
        text="I am away until 30 November with no access to mail. In urgent cases write to "
        "grace.liu@fjordhus.example.\n",
        answers=answers,
        auto="auto-replied",
    )


def nina_asks_again(answers: str) -> Letter:
    """Return a letter to a ticket that is closed meanwhile."""
    text = "Спасибо вам большое картинка есть! А звука нет. С уважением Нина Петровна\n"
    return _reply("nina-2", who.NINA, "как подключить проектор", text, answers, 0.36)


LATEST = [
    Letter(
        name="victor-link",
        sender=who.VICTOR,
        subject="Invitation link has expired",
        text="Hello,\nTom Becker invited me as an auditor, but the link says that it has expired. "
        "Could you send another one?\n\nVictor Santos\n",
        hours_ago=0.3,
    ),
    Letter(
        name="larisa-labels",
        sender=who.LARISA,
        subject="Этикетки печатаются со сдвигом",
        text="После обновления этикетки 58×40 съезжают на полсантиметра влево. Калибровку "
        "делали.\n",
        hours_ago=0.25,
    ),
    Letter(
        name="david-question",
        sender=who.DAVID,
        subject="Who can see archived matters?",
        text="Quick question: can associates open matters after we archive them? We would rather "
        "they could not.\n\nDavid\n",
        hours_ago=0.15,
    ),
    Letter(
        name="unknown-scan",
        sender=("", "scanner@romashka.example"),
        subject="",
        text="Скан-копия во вложении.\n",
    ),
]


def _reply(
    name: str,
    sender: tuple[str, str],
    subject: str,
    text: str,
    answers: str,
    hours_ago: float = 0,
    cc: Sequence[tuple[str, str]] = (),
) -> Letter:
    return Letter(
        name=name,
        sender=sender,
        subject=f"Re: {subject}",
        text=text,
        answers=answers,
        hours_ago=hours_ago,
        cc=cc,
    )
