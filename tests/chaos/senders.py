"""Post the mails as the Apps Script does, until the webhook has acknowledged each."""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable

from config.local.client import Api
from tests.chaos.mails import GeneratedMail

_THREADS = 6
_LARGEST_CALL = 8
_REPEATED = 0.15  # this share of the calls is posted several times at once


class Senders:
    """Posts from several threads; a sender's mails go one after the other, as in a mailbox.

    Args:
        may_post: returns whether another mail may be posted now, after so many.
    """

    def __init__(
        self,
        api: Api,
        secret: str,
        mails: list[GeneratedMail],
        *,
        seed: int,
        may_post: Callable[[int], bool],
    ) -> None:
        self._api, self._secret, self._may_post = api, secret, may_post
        self.answers: dict[str, list[str]] = defaultdict(list)  # mail id: all that was answered
        self.acknowledged_at: dict[str, float] = {}  # mail id: seconds since 1970
        self.begun = 0
        self.calls = 0
        self.stopped = False
        self._lock = threading.Lock()
        shares: dict[int, list[GeneratedMail]] = defaultdict(list)
        for mail in mails:
            # Not by hash(), which differs from run to run.
            shares[int(mail.sender[6:].partition("@")[0]) % _THREADS].append(mail)
        self._threads = [
            threading.Thread(target=self._post_all, args=(share, random.Random(seed + number)))
            for number, share in shares.items()
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def are_done(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        self.stopped = True
        for thread in self._threads:
            thread.join()

    def post(self, mail: GeneratedMail) -> None:
        """Post a mail that is not among these, until it is acknowledged."""
        self._post([mail])

    def _post_all(self, mails: list[GeneratedMail], random_: random.Random) -> None:
        while mails and not self.stopped:
            if not self._may_post(self.begun):
                time.sleep(0.05)
                continue
            size = random_.randrange(1, _LARGEST_CALL)
            call, mails = mails[:size], mails[size:]
            with self._lock:
                self.begun += len(call)
            repeats = random_.randrange(2, 4) if random_.random() < _REPEATED else 1
            copies = [threading.Thread(target=self._post, args=(call,)) for _ in range(repeats)]
            for copy in copies:
                copy.start()
            for copy in copies:
                copy.join()

    def _post(self, mails: list[GeneratedMail]) -> None:
        """Post mails in one call, again and again, until the server has answered for each."""
        waiting = mails
        while waiting and not self.stopped:
            contents = [(mail.id, mail.arrival, mail.raw) for mail in waiting]
            answer = self._api.post_mails(self._secret, contents)
            with self._lock:
                self.calls += 1
                for result in answer.body["results"] if answer.status == 202 else []:
                    self.answers[result["id"]].append(result["status"])
                    self.acknowledged_at.setdefault(result["id"], time.time())
            if answer.status == 202:
                answered = {result["id"] for result in answer.body["results"]}
                waiting = [mail for mail in waiting if mail.id not in answered]
            else:
                time.sleep(0.3)
