"""Generate the mails of a measurement from a seed: what people write to a support desk."""

import random
from collections.abc import Callable
from email.message import EmailMessage

_PLAIN, _HTML, _REPLY, _ATTACHMENT = "plain", "html", "reply", "attachment"
_KINDS = {_PLAIN: 35, _HTML: 37, _REPLY: 20, _ATTACHMENT: 8}
_TEXT = (
    "the printer on our second floor does not answer since this morning and nobody can print an "
    "invoice please help us we have restarted it twice the light is red "
    "здравствуйте не открывается личный кабинет после обновления пишет неверный пароль "
    "подскажите пожалуйста что делать спасибо"
)
_WORDS = _TEXT.split()


def generate(count: int, *, senders: int, seed: int = 12) -> list[bytes]:
    """Return mails in the order of their arrival, each sender's number of them about the same."""
    random_ = random.Random(seed)
    positions = [number % senders for number in range(count)]
    random_.shuffle(positions)
    kinds = random_.choices(list(_KINDS), weights=list(_KINDS.values()), k=count)
    return [
        _mail(random_, number, f"person{sender}@customers.example", kind)
        for number, (sender, kind) in enumerate(zip(positions, kinds, strict=True))
    ]


def _mail(random_: random.Random, number: int, sender: str, kind: str) -> bytes:
    mail = EmailMessage()
    mail["From"] = f"Some Body <{sender}>"
    mail["To"] = "support@servicedesk.example"
    mail["Subject"] = f"{_text(random_, 6)} {number}"
    mail["Date"] = "Thu, 26 Nov 2026 10:00:00 +0000"
    mail["Message-ID"] = f"<{number}.{random_.getrandbits(64):x}@customers.example>"
    mail["User-Agent"] = "Mozilla Thunderbird"
    paragraphs = [_text(random_, random_.randrange(10, 60)) for _ in range(random_.randrange(1, 6))]
    _FILL[kind](random_, mail, paragraphs)
    return mail.as_bytes().replace(b"\n", b"\r\n")


def _fill_plain(_random: random.Random, mail: EmailMessage, paragraphs: list[str]) -> None:
    mail.set_content("\n\n".join(paragraphs) + "\n\n-- \nSome Body\n+7 495 000 00 00\n")


def _fill_html(_random: random.Random, mail: EmailMessage, paragraphs: list[str]) -> None:
    mail.set_content("\n\n".join(paragraphs) + "\n")
    content = "".join(f'<p class="MsoNormal" style="margin:0"><b>{p}</b></p>' for p in paragraphs)
    mail.add_alternative(f"<html><body><div>{content}</div></body></html>", subtype="html")


def _fill_reply(random_: random.Random, mail: EmailMessage, paragraphs: list[str]) -> None:
    quoted = [_text(random_, 12) for _ in range(8)]
    head = "On Wed, 25 Nov 2026 at 09:00, Support <support@servicedesk.example> wrote:"
    text = "\n\n".join(paragraphs) + f"\n\n{head}\n" + "".join(f"> {line}\n" for line in quoted)
    mail.set_content(text)
    content = "".join(f"<div>{p}</div>" for p in paragraphs)
    quote = f'<div class="gmail_quote"><div>{head.replace("<", "&lt;")}</div><blockquote>'
    quote += "<br>".join(quoted) + "</blockquote></div>"
    mail.add_alternative(f"<html><body>{content}{quote}</body></html>", subtype="html")


def _fill_attachment(random_: random.Random, mail: EmailMessage, paragraphs: list[str]) -> None:
    mail.set_content("\n\n".join(paragraphs) + "\n")
    content = random_.randbytes(random_.randrange(2_000, 40_000))
    mail.add_attachment(content, maintype="application", subtype="pdf", filename="scan.pdf")


_FILL: dict[str, Callable[[random.Random, EmailMessage, list[str]], None]] = {
    _PLAIN: _fill_plain,
    _HTML: _fill_html,
    _REPLY: _fill_reply,
    _ATTACHMENT: _fill_attachment,
}


def _text(random_: random.Random, words: int) -> str:
    return " ".join(random_.choices(_WORDS, k=words))
