"""People in copy of operators' answers, some of whom write back into the ticket."""

import random
import threading
import time
from collections.abc import Callable
from email import message_from_bytes

from tests.chaos.mails import PERSON, GeneratedMail, is_partner
from tests.smtp_server import Received, SmtpServer

_ANSWERING = 0.5  # this share of the copies is answered
_PAUSE_SECONDS = 0.1


class Participants:
    """Answers copies in a thread of its own, one after the other.

    Args:
        post: posts a mail, and returns when it is acknowledged.
        first_position: of their first mail among all mails.
    """

    def __init__(
        self,
        smtp: SmtpServer,
        post: Callable[[GeneratedMail], None],
        *,
        seed: int,
        first_position: int,
    ) -> None:
        self.mails: list[GeneratedMail] = []
        self.stopped = False
        self._smtp, self._post = smtp, post
        self._random, self._first_position = random.Random(seed), first_position
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def stop(self) -> None:
        self.stopped = True
        self._thread.join()

    def _run(self) -> None:
        seen = 0
        while not self.stopped:
            time.sleep(_PAUSE_SECONDS)
            received = self._smtp.received[seen:]
            seen += len(received)
            for mail in received:
                if not self.stopped and self._random.random() < _ANSWERING and _is_copy(mail):
                    self._answer(mail)

    def _answer(self, copy: Received) -> None:
        position = self._first_position + len(self.mails)
        mark = f"mark{position:06d}"
        answered = str(message_from_bytes(copy.content)["Message-ID"]).strip()
        raw = (
            f"From: <{copy.recipient}>\r\nTo: support@servicedesk.example\r\n"
            f"Message-ID: <{mark}@partners.example>\r\nIn-Reply-To: {answered}\r\n"
            f"Subject: Re: Broken\r\n\r\nHere it works. {mark}\r\n"
        )
        mail = GeneratedMail(
            id=f"mail{position:06d}",
            sender=copy.recipient,
            kind=PERSON,
            mark=mark,
            position=position,
            arrival=int(time.time() * 1000),
            raw=raw.encode(),
            answers=answered,
        )
        self.mails.append(mail)
        self._post(mail)


def _is_copy(mail: Received) -> bool:
    """Return whether a mail is a copy to somebody who is no customer.

    Customers' mail is generated before the run, so that its order is known.
    """
    is_to_them = mail.recipient in str(message_from_bytes(mail.content)["To"])
    return is_partner(mail.recipient) and not is_to_them
