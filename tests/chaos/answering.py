"""How operators answer: with copies, later, held when crossed; and take back or send what waits."""

import random
from collections import deque
from datetime import UTC, datetime
from time import time
from typing import Any

from config.local.client import Answer
from tests.chaos.actions import AnswerOptions, OperatorActions
from tests.chaos.repeating_api import RepeatingApi

_HELD_IF_CROSSED = 0.5
_LATER = 0.5
_LATER_SECONDS = (1, 6)
_WITH_OWN_COPIES = 0.4  # of the tickets that have participants; the other answers go to all
_TAKING = 0.3
_CLOSING = 0.15
_CHANGING_ONES_MIND = 0.4  # this share of the scheduled answers is withdrawn or sent right away
_REMEMBERED = 30  # so many of the latest answers may be taken back or sent by any operator

LatestAnswers = deque[tuple[int, int]]  # ticket and message


def latest_answers() -> LatestAnswers:
    return deque(maxlen=_REMEMBERED)


class Answering:
    """The part of an operator's work that is about answers.

    Args:
        latest: what all operators share, to take back or send each other's answers.
    """

    def __init__(
        self,
        operator: int,
        api: RepeatingApi,
        random_: random.Random,
        actions: OperatorActions,
        latest: LatestAnswers,
    ) -> None:
        self._operator, self._api, self._random = operator, api, random_
        self._actions, self._latest = actions, latest

    def reply(self, ticket: dict[str, Any], mark: str) -> None:
        options = self._choose(ticket)
        self._actions.options[mark] = options
        body: dict[str, object] = {
            "title": f"Re: {ticket['title']}",
            "description": f"Please try again. {mark}",
            "recipient_mail": ticket["user_email"],
            "operator_id": self._operator,
            "hold_if_crossed": options.hold_if_crossed,
            "take": options.take,
            "close": options.close,
        }
        if options.cc is not None:
            body["cc"] = options.cc
        if options.send_at is not None:
            body["send_at"] = datetime.fromtimestamp(options.send_at, UTC).isoformat()
        answer = self._api.change("POST", f"{_path(ticket['request_id'])}create", body)
        if answer.status != 201:
            return
        number, message = ticket["request_id"], answer.body["id"]
        self._actions.confirm_answer(mark, number, message)
        self._latest.append((number, message))
        if options.send_at is not None and self._random.random() < _CHANGING_ONES_MIND:
            self._random.choice([self._withdraw, self._send])(number, message)

    def withdraw(self) -> None:
        """Try to withdraw one of the latest answers; most of them have left."""
        if self._latest:
            self._withdraw(*self._random.choice(self._latest))

    def send(self) -> None:
        """Try to send one of the latest answers; few of them are held or scheduled."""
        if self._latest:
            self._send(*self._random.choice(self._latest))

    def _withdraw(self, ticket: int, message: int) -> None:
        answer = self._act(ticket, message, "withdraw", "reply_withdrawn")
        if answer.status == 200:
            deliveries = answer.body["deliveries"]
            withdrawn = [row["recipient"] for row in deliveries if row["state"] == "withdrawn"]
            self._actions.confirm_withdrawn(message, withdrawn)

    def _send(self, ticket: int, message: int) -> None:
        self._act(ticket, message, "send", "reply_released")

    def _act(self, ticket: int, message: int, what: str, event: str) -> Answer:
        answer = self._api.change("POST", f"{_path(ticket)}{message}/{what}/")
        self._actions.count((event, ticket, self._operator), answer.status)
        return answer

    def _choose(self, ticket: dict[str, Any]) -> AnswerOptions:
        random_ = self._random
        people = [person["email"] for person in ticket["participants"]]
        cc = None
        if people and random_.random() < _WITH_OWN_COPIES:
            cc = tuple(random_.sample(people, random_.randrange(len(people) + 1)))
        send_at = time() + random_.uniform(*_LATER_SECONDS) if random_.random() < _LATER else None
        return AnswerOptions(
            cc=cc,
            send_at=send_at,
            hold_if_crossed=random_.random() < _HELD_IF_CROSSED,
            take=random_.random() < _TAKING,
            close=send_at is None and random_.random() < _CLOSING,
        )


def _path(ticket: int) -> str:
    return f"/mgs/requests/{ticket}/mgs/"
