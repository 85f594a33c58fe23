"""Call every URL as every kind of caller; a URL or method that `TABLE` does not name fails.

For a new URL add a row to its part in `rows`: its path, who may call it, and the status of the
response.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from pytest_django.fixtures import Settings

from tests.operators.changes import database
from tests.security.rows import BODIES, TABLE
from tests.security.rows.base import ITSELF, SCRIPT, Row
from tests.security.world import CALLERS, OLD_KEY, World, call

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

# Pages of the admin, and of each model by their last part: the status for a supervisor's session
# where the named row does not exist. Everybody else is redirected to the sign-in form.
ADMIN = {
    "": 200,
    "password_change/": 200,
    "password_change/done/": 200,
    "autocomplete/": 403,
    "jsi18n/": 200,
    "r/<path:content_type_id>/<path:object_id>/": 404,
    "^(?P<app_label>…)/$": 200,
    "(?P<url>.*)$": 404,
    "MODEL/": 200,
    "MODEL/add/": None,  # 200, or 403 where nothing is added by hand
    "MODEL/<path:object_id>/history/": 302,
    "MODEL/<path:object_id>/delete/": None,
    "MODEL/<path:object_id>/change/": 302,
    "MODEL/<path:object_id>/": 302,
    "MODEL/<id>/password/": None,
}
ADMIN_FOR_ANYONE = {"login/", "logout/"}


def routes(resolver: Any = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield every route that Django knows."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        else:
            yield route, pattern


def methods(pattern: URLPattern) -> set[str]:
    """Return the methods of a view, without OPTIONS and HEAD; of a plain function: GET."""
    view = getattr(pattern.callback, "cls", None) or getattr(pattern.callback, "view_class", None)
    if view is None:
        return {"GET"}
    names = ("get", "post", "put", "patch", "delete", "trace")
    return {name.upper() for name in names if hasattr(view, name)}


@pytest.fixture
def world(settings: Settings) -> World:
    settings.WEBHOOK_SECRETS = [*settings.WEBHOOK_SECRETS, OLD_KEY]
    return World()


def answer_to(world: World, caller: str, row: Row) -> HttpResponseBase:
    """Make a call in a transaction that is rolled back."""
    cache.clear()
    with transaction.atomic():
        given, path = BODIES[row.body](world) if row.body else None, world.path(row.path)
        answer: HttpResponseBase = call(
            world, caller, row.method, path, given, is_form=row.body == "file" or row.is_of_desk()
        )
        transaction.set_rollback(True)
    return answer


def test_every_url_and_method_is_in_the_table(world: World) -> None:
    routed = {
        f"{method} {route}"
        for route, pattern in routes()
        if not route.startswith("admin/")
        for method in methods(pattern)
    }
    listed = {f"{row.method} {resolve(urlsplit(world.path(row.path)).path).route}" for row in TABLE}

    assert routed - listed == set(), "missing in the table"
    assert listed - routed == set(), "in the table, and nowhere else"


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.path}")
def test_each_caller_gets_what_the_table_says(world: World, row: Row) -> None:
    assert set(row.who) == set(CALLERS)

    expected = {caller: status or row.status for caller, status in row.who.items()}
    statuses = {caller: answer_to(world, caller, row).status_code for caller in CALLERS}

    assert statuses == expected


@pytest.mark.parametrize(
    "path", sorted({row.path for row in TABLE if not row.is_for_anyone()}), ids=str
)
def test_a_method_that_is_not_offered_is_refused_after_the_caller(world: World, path: str) -> None:
    """401 comes before 403, and 403 before 405; HEAD is answered like GET.

    At the desk a safe method leads to the sign-in.
    """
    rows = [row for row in TABLE if row.path == path]
    offered = {row.method for row in rows}

    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - offered:
        refusal = 302 if method in ("GET", "HEAD") and rows[0].is_of_desk() else 401
        for caller in ("none", "wrong token", "wrong secret"):
            assert answer_to(world, caller, Row(method, path, {})).status_code == refusal
        allowed = "signed" if rows[0].who is SCRIPT else "supervisor"
        allowed = "supervisor's session" if rows[0].is_of_desk() else allowed
        refused = {405} if ITSELF not in [row.who for row in rows] else {403, 405}
        answer = answer_to(world, allowed, Row(method, path, {}))
        if method == "HEAD" and "GET" in offered:
            assert answer.status_code == 200
        else:
            assert answer.status_code in refused, (method, path)


@pytest.mark.parametrize("path", sorted({row.path for row in TABLE if not row.is_for_anyone()}))
def test_options_needs_the_same_caller(world: World, path: str) -> None:
    for caller in ("none", "wrong token", "revoked token", "deactivated", "too late"):
        row = Row("OPTIONS", path, {})
        assert answer_to(world, caller, row).status_code == (302 if row.is_of_desk() else 401)


@pytest.mark.parametrize(
    "row",
    [row for row in TABLE if row.is_of_desk() and row.method == "POST"],
    ids=lambda row: f"{row.method} {row.path}",
)
def test_a_form_of_the_desk_needs_its_csrf_token(world: World, row: Row) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.me)
    given = BODIES[row.body](world) if row.body else {}
    before = database()

    for headers in ({}, {"Origin": "http://testserver"}, {"Origin": "https://evil.example"}):
        answer = client.post(world.path(row.path), given, headers=headers)
        assert answer.status_code == 403

    assert database() == before
    assert client.get("/desk/profile/").status_code == 200  # still signed in


def test_a_replayed_call_is_answered_as_duplicate(world: World) -> None:
    row = next(row for row in TABLE if row.body == "mail")

    answer = answer_to(world, "replayed", row)

    assert answer.json() == {"results": [{"id": "18c2f0", "status": "duplicate"}]}  # type: ignore[attr-defined]


def test_a_secret_that_was_replaced_opens_nothing(world: World, settings: Settings) -> None:
    settings.WEBHOOK_SECRETS = settings.WEBHOOK_SECRETS[:1]
    row = next(row for row in TABLE if row.body == "mail")

    assert answer_to(world, "signed, old secret", row).status_code == 401
    assert answer_to(world, "signed", row).status_code == 202


@pytest.mark.timeout(400)
def test_the_admin_opens_to_a_supervisors_session_alone(world: World) -> None:
    unknown, wrong = [], []
    for route in sorted(route for route, _ in routes() if route.startswith("admin/")):
        end = "/".join(route.split("/")[1:])
        if end in ADMIN_FOR_ANYONE:
            continue
        row = Row("GET", f"/{_filled(route)}", {})
        if _kind(end) not in ADMIN:
            unknown.append(route)
            continue
        for caller in CALLERS:
            answer = answer_to(world, caller, row)
            sent = answer.get("Location", "").startswith("/admin/login/")
            if caller != "supervisor's session":
                if (answer.status_code, sent) != (302, True):
                    wrong.append((route, caller, answer.status_code))
            elif sent or answer.status_code not in {ADMIN[_kind(end)]} | (
                {200, 302, 403} if ADMIN[_kind(end)] is None else set()
            ):
                wrong.append((route, caller, answer.status_code))

    assert unknown == [], "missing in the table"
    assert wrong == []


def _kind(end: str) -> str:
    parts = end.split("/")
    if end.startswith("^(?P<app_label>"):
        return "^(?P<app_label>…)/$"
    if len(parts) >= 3 and not parts[0].startswith(("(", "^", "r", "password_change")):
        return "/".join(["MODEL", *parts[2:]])
    return end


def _filled(route: str) -> str:
    if "(?P<app_label>" in route:
        return "admin/mailing/"
    filled = route.replace("<path:object_id>", "987654321").replace("<id>", "987654321")
    return filled.replace("<path:content_type_id>", "1").replace("(?P<url>.*)$", "nothing/")
