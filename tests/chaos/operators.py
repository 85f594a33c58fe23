"""Operators who take, answer and close tickets by the API while the run breaks parts."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from config.local.client import Answer, Api

_FIRST_ID = 11
_PAUSE_SECONDS = (0.02, 0.3)


@dataclass
class OperatorActions:
    """What the API confirmed to operators: the checks expect all of it in the database."""

    taken: dict[int, int] = field(default_factory=dict)  # ticket: operator
    closed: dict[int, int] = field(default_factory=dict)
    replied: dict[str, int] = field(default_factory=dict)  # mark: ticket
    unconfirmed: dict[str, int] = field(default_factory=dict)  # mark: ticket; the response was lost


class Operators:
    """Operators that work at random, each in a thread of its own.

    Args:
        api: of a supervisor, to create the operators with.
        api_of: returns a client with a token.
    """

    def __init__(
        self, api: Api, api_of: Callable[[str], Api], *, seed: int, operators: int
    ) -> None:
        self.actions = OperatorActions()
        self.stopped = False
        self._lock = threading.Lock()
        self._threads = []
        for number in range(operators):
            operator = _FIRST_ID + number
            token = _issue(api, operator)
            random_ = random.Random(seed * 1000 + operator)
            self._threads.append(
                threading.Thread(target=self._work, args=(operator, api_of(token), random_))
            )

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def count_idle(self) -> int:
        """Return how many operators have stopped working."""
        return sum(not thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        self.stopped = True
        for thread in self._threads:
            thread.join()

    def _work(self, operator: int, api: Api, random_: random.Random) -> None:
        count = 0
        while not self.stopped:
            time.sleep(random_.uniform(*_PAUSE_SECONDS))
            status = random_.choice(["new", "in_progress"])
            order = random_.choice(["request_id", "-request_id", "date_update"])
            page = api.call("GET", f"/requests/user_requests/?status={status}&ordering={order}")
            if page.status != 200 or not page.body["results"]:
                continue
            ticket = random_.choice(page.body["results"])
            action = random_.choice(["move", "move", "reply"])
            if action == "move":
                self._move(api, operator, ticket["request_id"], status)
            else:
                count += 1
                self._reply(api, operator, ticket, f"reply{operator}x{count:05d}")

    def _move(self, api: Api, operator: int, ticket: int, status: str) -> None:
        step = "progress" if status == "new" else "close"
        answer = api.call("POST", f"/ops/{operator}/requests/{ticket}/{step}/")
        if answer.status == 200:
            with self._lock:
                (self.actions.taken if step == "progress" else self.actions.closed)[ticket] = (
                    operator
                )

    def _reply(self, api: Api, operator: int, ticket: dict[str, object], mark: str) -> None:
        number = int(str(ticket["request_id"]))
        path = f"/mgs/requests/{number}/mgs/"
        body = {
            "title": f"Re: {ticket['title']}",
            "description": f"Please try again. {mark}",
            "recipient_mail": ticket["user_email"],
            "operator_id": operator,
        }
        answer = api.call("POST", f"{path}create", body)
        with self._lock:
            if answer.status == 201:
                self.actions.replied[mark] = number
            elif _is_lost(answer):
                self.actions.unconfirmed[mark] = number
        if _is_lost(answer):
            self._repeat_if_missing(api, path, body, mark, number)

    def _repeat_if_missing(
        self, api: Api, path: str, body: dict[str, object], mark: str, ticket: int
    ) -> None:
        """After a lost response, look whether the reply was stored, and send it again if not."""
        for _ in range(20):
            time.sleep(0.5)
            page = api.call("GET", f"{path}?page_size=200")
            if page.status != 200:
                continue
            if page.body["next"]:
                return  # the ticket has several pages of messages: give up
            is_stored = any(mark in message["text"] for message in page.body["results"])
            if is_stored or api.call("POST", f"{path}create", body).status == 201:
                with self._lock:
                    self.actions.replied[mark] = self.actions.unconfirmed.pop(mark)
            return


def _is_lost(answer: Answer) -> bool:
    return answer.status == 0 or answer.status >= 500


def _issue(api: Api, operator: int) -> str:
    made = api.call(
        "POST",
        "/ops/support_ops/",
        {"operator_id": operator, "operator_name": f"Operator {operator}"},
    )
    assert made.status == 201, made
    issued = api.call("POST", f"/ops/support_ops/{operator}/tokens/")
    assert issued.status == 201, issued.status
    return str(issued.body["token"])
