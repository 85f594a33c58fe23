"""Operators who work on tickets by the API while the run breaks parts."""

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from config.local.client import Answer, Api
from tests.chaos.actions import OperatorActions
from tests.chaos.answering import Answering, LatestAnswers, latest_answers
from tests.chaos.repeating_api import RepeatingApi

_FIRST_ID = 11
_PAUSE_SECONDS = (0.02, 0.15)
_SNOOZE_SECONDS = (1, 20)
_LARGEST_BULK = 8
_PRIORITIES = ["low", "normal", "high", "urgent"]
# What operators do with tickets of a status, and how often. Merges are undone so rarely that a
# requester whose ticket was merged writes meanwhile.
_ANYTIME = {"tag": 1, "note": 2, "priority": 1, "bulk": 1, "withdraw": 2, "send": 2}
_WORK: dict[str, dict[str, int]] = {
    "new": {"take": 10, "assign": 3, "reply": 12, "merge": 4, "participant": 3, **_ANYTIME},
    "in_progress": {
        "close": 10,
        "assign": 2,
        "give_back": 1,
        "reply": 14,
        "snooze": 3,
        "merge": 4,
        "participant": 3,
        **_ANYTIME,
    },
    "closed": {"reopen": 6, "unmerge": 1, "note": 2},
}


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
        latest = latest_answers()
        ids = range(_FIRST_ID, _FIRST_ID + operators)
        self._threads = []
        for operator in ids:
            colleagues = [other for other in ids if other != operator]
            random_ = random.Random(seed * 1000 + operator)
            worker = _Operator(
                operator, colleagues, api_of(_issue(api, operator)), random_, self.actions, latest
            )
            self._threads.append(threading.Thread(target=self._work, args=(worker,)))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def count_idle(self) -> int:
        """Return how many operators have stopped working."""
        return sum(not thread.is_alive() for thread in self._threads)

    def are_done(self) -> bool:
        return self.count_idle() == len(self._threads)

    def stop(self) -> None:
        self.stopped = True
        for thread in self._threads:
            thread.join()

    def _work(self, operator: "_Operator") -> None:
        while not self.stopped:
            operator.do_something()


class _Operator:
    def __init__(
        self,
        operator: int,
        colleagues: list[int],
        api: Api,
        random_: random.Random,
        actions: OperatorActions,
        latest: LatestAnswers,
    ) -> None:
        self._id, self._colleagues = operator, colleagues
        self._random, self._actions = random_, actions
        self._api = RepeatingApi(api, f"operator{operator}", random_, actions.unequal.append)
        self._answering = Answering(operator, self._api, random_, actions, latest)
        self._count = 0

    def do_something(self) -> None:
        """Read a page of tickets and do one thing with one of them, or with several."""
        random_ = self._random
        time.sleep(random_.uniform(*_PAUSE_SECONDS))
        status = random_.choice(["new", "new", "in_progress", "in_progress", "closed"])
        (action,) = random_.choices(list(_WORK[status]), weights=list(_WORK[status].values()))
        order = random_.choice(["request_id", "-request_id", "date_update"])
        path = f"/requests/user_requests/?status={status}&ordering={order}"
        page = self._api.read(path)
        if page.status != 200:
            return
        tickets = [
            ticket
            for ticket in page.body["results"]
            if action != "unmerge" or ticket["merged_into"] is not None
        ]
        if tickets:
            getattr(self, f"_{action}")(random_.choice(tickets), tickets)

    def _take(self, ticket: dict[str, Any], _page: object) -> None:
        path = f"/ops/{self._id}/requests/{ticket['request_id']}/progress/"
        self._step("taken", ticket, path)

    def _close(self, ticket: dict[str, Any], _page: object) -> None:
        path = f"/ops/{self._id}/requests/{ticket['request_id']}/close/"
        self._step("closed", ticket, path)

    def _assign(self, ticket: dict[str, Any], _page: object) -> None:
        to = self._random.choice([self._id, *self._colleagues])
        self._change(ticket, "POST", {"operator_id": to}, "assign/")

    def _give_back(self, ticket: dict[str, Any], _page: object) -> None:
        self._change(ticket, "POST", {"operator_id": None}, "assign/")

    def _reopen(self, ticket: dict[str, Any], _page: object) -> None:
        self._step("reopened", ticket, _path(ticket, "reopen/"))

    def _merge(self, ticket: dict[str, Any], page: list[dict[str, Any]]) -> None:
        others = [other for other in page if other is not ticket]
        if others:
            body = {"into": self._random.choice(others)["request_id"]}
            self._step("merged", ticket, _path(ticket, "merge/"), body)

    def _unmerge(self, ticket: dict[str, Any], _page: object) -> None:
        self._step("unmerged", ticket, _path(ticket, "unmerge/"))

    def _snooze(self, ticket: dict[str, Any], _page: object) -> None:
        seconds = self._random.choice([self._random.uniform(*_SNOOZE_SECONDS), 3600])
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        self._change(ticket, "PATCH", {"snoozed_until": until.isoformat()})

    def _priority(self, ticket: dict[str, Any], _page: object) -> None:
        self._change(ticket, "PATCH", {"priority": self._random.choice(_PRIORITIES)})

    def _tag(self, ticket: dict[str, Any], _page: object) -> None:
        mark = self._mark("tag")
        answer = self._change(ticket, "PATCH", {"tags": [mark]})
        if answer.status == 200:
            self._actions.confirm(mark, ticket["request_id"], answer.body["version"])

    def _note(self, ticket: dict[str, Any], _page: object) -> None:
        mark = self._mark("note")
        text = f"@{self._random.choice([self._id, *self._colleagues])} Still under warranty? {mark}"
        answer = self._api.change("POST", _path(ticket, "notes/"), {"text": text})
        if answer.status == 201:
            self._actions.confirm(mark, ticket["request_id"], answer.body["id"])

    def _participant(self, ticket: dict[str, Any], _page: object) -> None:
        mark = self._mark("friend")
        body = {"email": f"{mark}@partners.example"}
        if self._api.change("POST", _path(ticket, "participants/"), body).status == 201:
            self._actions.confirm(mark, ticket["request_id"])

    def _bulk(self, _ticket: object, page: list[dict[str, Any]]) -> None:
        some = self._random.sample(page, min(len(page), _LARGEST_BULK))
        action = self._random.choice(["close", "tag", "assign"])
        mark = self._mark("tag")
        values: dict[str, dict[str, object]] = {
            "close": {},
            "tag": {"tag": mark},
            "assign": {"operator_id": self._id},
        }
        requests = [
            {"request_id": ticket["request_id"], "version": ticket["version"]} for ticket in some
        ]
        body = {"requests": requests, "action": action, **values[action]}
        answer = self._api.change("POST", "/requests/bulk/", body)
        results = {ticket["request_id"]: answer.status for ticket in some}
        if answer.status == 200:
            results = {row["request_id"]: row["status"] for row in answer.body["results"]}
        for number, status in results.items():
            if action == "close":
                self._actions.count(("closed", number, self._id), status)
            if action == "tag" and status == 200:
                self._actions.confirm(mark, number)

    def _step(
        self, event: str, ticket: dict[str, Any], path: str, body: dict[str, Any] | None = None
    ) -> None:
        """Do what leaves an entry in the history, or is refused."""
        answer = self._api.change("POST", path, body)
        self._remember(answer)
        self._actions.count((event, ticket["request_id"], self._id), answer.status)

    def _change(
        self, ticket: dict[str, Any], method: str, body: dict[str, Any], what: str = ""
    ) -> Answer:
        answer = self._api.change(method, _path(ticket, what), body)
        self._remember(answer)
        return answer

    def _remember(self, answer: Answer) -> None:
        if answer.status == 200:
            self._actions.remember_version(answer.body["request_id"], answer.body["version"])

    def _mark(self, kind: str) -> str:
        self._count += 1
        return f"{kind}{self._id}x{self._count:05d}"

    def _reply(self, ticket: dict[str, Any], _page: object) -> None:
        self._answering.reply(ticket, self._mark("reply"))

    def _withdraw(self, _ticket: object, _page: object) -> None:
        self._answering.withdraw()

    def _send(self, _ticket: object, _page: object) -> None:
        self._answering.send()


def _path(ticket: dict[str, Any], what: str = "") -> str:
    return f"/requests/user_requests/{ticket['request_id']}/{what}"


def _issue(api: Api, operator: int) -> str:
    made = api.call(
        "POST",
        "/ops/support_ops/",
        {
            "operator_id": operator,
            "operator_name": f"Operator {operator}",
            "email": f"operator{operator}@desk.example",
        },
    )
    assert made.status == 201, made
    issued = api.call("POST", f"/ops/support_ops/{operator}/tokens/")
    assert issued.status == 201, issued.status
    return str(issued.body["token"])
