"""Generate the mails of a run's senders from its seed."""

import random
import re
import time
from dataclasses import dataclass

PERSON, COPY, AUTO_REPLY, BROKEN = "person", "copy", "auto-reply", "broken"
TOO_DEEP = "too deep"  # its parts are nested deeper than the limit: it is quarantined
MARK = re.compile(r"mark\d{6}")
_KINDS = {PERSON: 82, COPY: 6, AUTO_REPLY: 6, BROKEN: 4, TOO_DEEP: 2}
_LEVELS = 40
_PARTNERS = "@partners.example"
_WITH_COPY = 0.1  # this share of people's mails has a colleague in copy
_MACHINES = 0.03  # this share of the senders are machines, which get no answers


@dataclass(frozen=True)
class GeneratedMail:
    """A mail for the mailbox; `mark` is in its text, and a copy has that of its original."""

    id: str
    sender: str
    kind: str
    mark: str
    position: int  # among all mails, in the order of arrival
    arrival: int  # milliseconds since 1970
    raw: bytes
    answers: str = ""  # the Message-ID of a mail of ours


def generate(random_: random.Random, count: int, senders: int) -> list[GeneratedMail]:
    """Return so many mails, in the order of their arrival."""
    addresses = [f"sender{number}@customers.example" for number in range(senders)]
    machines = set(addresses[: int(senders * _MACHINES)])
    first_arrival = int(time.time() * 1000) - count
    generated: list[GeneratedMail] = []
    last_of: dict[str, GeneratedMail] = {}
    for position in range(count):
        sender = random_.choice(addresses)
        (kind,) = random_.choices(list(_KINDS), weights=list(_KINDS.values()))
        if sender in machines:
            kind = AUTO_REPLY
        elif kind == COPY and sender not in last_of:
            kind = PERSON
        original = last_of[sender] if kind == COPY else None
        mark = original.mark if original else f"mark{position:06d}"
        mail = GeneratedMail(
            id=f"mail{position:06d}",
            sender=sender,
            kind=kind,
            mark=mark,
            position=position,
            arrival=first_arrival + position,
            raw=original.raw if original else _raw(random_, kind, sender, mark),
        )
        generated.append(mail)
        if kind == PERSON:
            last_of[sender] = mail
    return generated


def is_machine(sender: str, senders: int) -> bool:
    """Return whether only machines write from this address."""
    number = int(sender.removeprefix("sender").partition("@")[0])
    return number < int(senders * _MACHINES)


def is_partner(address: str) -> bool:
    """Return whether an address is that of somebody in copy of a customer's ticket."""
    return address.endswith(_PARTNERS)


def _raw(random_: random.Random, kind: str, sender: str, mark: str) -> bytes:
    if kind == BROKEN:
        return f"Subject: {mark}\r\n".encode() + random_.randbytes(300)
    head = (
        f"From: <{sender}>\r\nTo: support@servicedesk.example\r\n"
        f"Message-ID: <{mark}@customers.example>\r\n"
    )
    if kind == AUTO_REPLY:
        head += f"Subject: Away {mark}\r\nAuto-Submitted: auto-replied\r\n"
        return f"{head}\r\nBack on Monday. {mark}\r\n".encode()
    if kind == TOO_DEEP:
        parts = "".join(
            f'Content-Type: multipart/mixed; boundary="b{level}"\r\n\r\n--b{level}\r\n'
            for level in range(_LEVELS)
        )
        return f"{head}Subject: Deep {mark}\r\n{parts}\r\n{mark}\r\n".encode()
    lines = "".join(f"Line {number} of it.\r\n" for number in range(random_.randrange(1, 30)))
    text = f"It is broken again. {mark}\r\n{lines}"
    if random_.random() < _WITH_COPY:
        head += f"Cc: colleague-{mark}{_PARTNERS}\r\n"
    if random_.random() < 0.03:
        return (
            f"{head}Subject: With a file {mark}\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
            f"--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n"
            "--b\r\nContent-Type: text/plain\r\n"
            "Content-Disposition: attachment; filename=log.txt\r\n"
            f"\r\nlog of {mark}\r\n--b--\r\n"
        ).encode()
    return f"{head}Subject: Broken {mark}\r\n\r\n{text}".encode()
