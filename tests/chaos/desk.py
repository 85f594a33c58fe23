"""Operators who take, answer and close by the API while everything around them breaks."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from config.local.client import Answer, Api

_FIRST_ID = 11
_PAUSE_SECONDS = (0.02, 0.3)


@dataclass
class Deeds:
    """What operators were told has happened: each must stand in the books."""

    taken: dict[int, int] = field(default_factory=dict)  # ticket: operator
    closed: dict[int, int] = field(default_factory=dict)
    replied: dict[str, int] = field(default_factory=dict)  # mark: ticket
    unsure: dict[str, int] = field(default_factory=dict)  # the answer was lost, nobody looked since


class Desk:
    """So many operators, each in a thread of its own.

    Args:
        api: the supervisor's, who makes the operators.
        api_of: makes a client with a token.
    """

    def __init__(
        self, api: Api, api_of: Callable[[str], Api], *, seed: int, operators: int
    ) -> None:
        self.deeds = Deeds()
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

    def idle(self) -> int:
        """Return how many operators have ended, which nobody told them."""
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
            deed = random_.choice(["move", "move", "reply"])
            if deed == "move":
                self._move(api, operator, ticket["request_id"], status)
            else:
                count += 1
                self._reply(api, operator, ticket, f"reply{operator}x{count:05d}")

    def _move(self, api: Api, operator: int, ticket: int, status: str) -> None:
        step = "progress" if status == "new" else "close"
        answer = api.call("POST", f"/ops/{operator}/requests/{ticket}/{step}/")
        if answer.status == 200:
            with self._lock:
                (self.deeds.taken if step == "progress" else self.deeds.closed)[ticket] = operator

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
                self.deeds.replied[mark] = number
            elif _is_lost(answer):
                self.deeds.unsure[mark] = number
        if _is_lost(answer):
            self._look_and_repeat(api, path, body, mark, number)

    def _look_and_repeat(
        self, api: Api, path: str, body: dict[str, object], mark: str, ticket: int
    ) -> None:
        """Do as a careful operator does whose answer was lost: look first, then send again."""
        for _ in range(20):
            time.sleep(0.5)
            page = api.call("GET", f"{path}?page_size=200")
            if page.status != 200:
                continue
            if page.body["next"]:
                return  # a long conversation: nobody pages through it here
            stands = any(mark in message["text"] for message in page.body["results"])
            if stands or api.call("POST", f"{path}create", body).status == 201:
                with self._lock:
                    self.deeds.replied[mark] = self.deeds.unsure.pop(mark)
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
