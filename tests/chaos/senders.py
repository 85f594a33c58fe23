"""Post the letters as the Apps Script does: again and again, until each is acknowledged."""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable

from config.local.client import Api
from tests.chaos.letters import Letter

_THREADS = 6
_LARGEST_CALL = 8
_REPEATED = 0.15  # of the calls are posted several times at once


class Senders:
    """Posts from several threads; a sender's letters go one after the other, as in a mailbox.

    Args:
        may_post: told how many were begun, it says whether another may be now.
    """

    def __init__(
        self,
        api: Api,
        secret: str,
        letters: list[Letter],
        *,
        seed: int,
        may_post: Callable[[int], bool],
    ) -> None:
        self._api, self._secret, self._may_post = api, secret, may_post
        self.answers: dict[str, list[str]] = defaultdict(list)  # of each id, what was answered
        self.begun = 0
        self.calls = 0
        self.stopped = False
        self._lock = threading.Lock()
        shares: dict[int, list[Letter]] = defaultdict(list)
        for letter in letters:
            # By sender; not by hash(), which differs from run to run.
            shares[int(letter.sender[6:].partition("@")[0]) % _THREADS].append(letter)
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

    def _post_all(self, letters: list[Letter], random_: random.Random) -> None:
        while letters and not self.stopped:
            if not self._may_post(self.begun):
                time.sleep(0.05)
                continue
            size = random_.randrange(1, _LARGEST_CALL)
            call, letters = letters[:size], letters[size:]
            with self._lock:
                self.begun += len(call)
            repeats = random_.randrange(2, 4) if random_.random() < _REPEATED else 1
            copies = [threading.Thread(target=self._post, args=(call,)) for _ in range(repeats)]
            for copy in copies:
                copy.start()
            for copy in copies:
                copy.join()

    def _post(self, letters: list[Letter]) -> None:
        """Post a call until the server has answered for each of its letters."""
        waiting = letters
        while waiting and not self.stopped:
            mails = [(letter.id, letter.arrival, letter.raw) for letter in waiting]
            answer = self._api.post_mails(self._secret, mails)
            with self._lock:
                self.calls += 1
                for result in answer.body["results"] if answer.status == 202 else []:
                    self.answers[result["id"]].append(result["status"])
            if answer.status == 202:
                named = {result["id"] for result in answer.body["results"]}
                waiting = [letter for letter in waiting if letter.id not in named]
            else:
                time.sleep(0.3)
