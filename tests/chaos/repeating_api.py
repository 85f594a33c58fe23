"""An operator's client, which repeats a change until the answer comes."""

import random
import time
from collections.abc import Callable

from config.local.client import Answer, Api
from tests.chaos.actions import is_lost

_REPEATED = 0.1  # this share of the changes is repeated although the answer has come
_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.3


class RepeatingApi:
    """Sends each change under an Idempotency-Key of its own.

    Args:
        name: in the keys.
        report: called with a sentence when a repeated request has another answer than the first.
    """

    def __init__(
        self, api: Api, name: str, random_: random.Random, report: Callable[[str], None]
    ) -> None:
        self._api, self._name, self._random, self._report = api, name, random_, report
        self._count = 0

    def read(self, path: str) -> Answer:
        return self._api.call("GET", path)

    def change(self, method: str, path: str, body: object = None) -> Answer:
        """Send a change until it is answered; return the last answer if it never is."""
        self._count += 1
        key = f"{self._name}-{self._count}"
        answer = self._send(method, path, body, key)
        # An error is not kept: then the repeated request is the first one.
        if answer.status in (200, 201, 204) and self._random.random() < _REPEATED:
            again = self._send(method, path, body, key)
            if again != answer and not is_lost(again.status):
                self._report(
                    f"{method} {path}: {answer.status} {answer.body}, then {again.status}"
                    f" {again.body}"
                )
        return answer

    def _send(self, method: str, path: str, body: object, key: str) -> Answer:
        until = time.monotonic() + _PATIENCE_SECONDS
        answer = self._api.call(method, path, body, key=key)
        while _is_open(answer) and time.monotonic() < until:
            time.sleep(_PAUSE_SECONDS)
            answer = self._api.call(method, path, body, key=key)
        return answer


def _is_open(answer: Answer) -> bool:
    is_under_way = answer.status == 409 and answer.body["error"]["code"] == "request_under_way"
    return is_lost(answer.status) or is_under_way
