"""`GET, POST /ops/templates/`, `PATCH, DELETE …/{id}/` and `POST …/{id}/render/`."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from operators.models import Operator
from tests.factories import ReplyTemplateFactory, RequesterFactory, TicketFactory
from tests.responses import error_of, fetch_pages
from tickets.models import ReplyTemplate, Ticket

pytestmark = pytest.mark.django_db

PATH = "/ops/templates/"


def post(client: APIClient, **body: Any) -> Any:
    return client.post(PATH, body, format="json", HTTP_ACCEPT_LANGUAGE="en")


def render(client: APIClient, template: int, body: Any) -> Any:
    return client.post(f"{PATH}{template}/render/", body, format="json")


def test_a_template_is_added_for_all(
    api: APIClient, supervisor_api: APIClient, operator: Operator
) -> None:
    answer = post(api, name=" Hello ", text="Hello {{ requester_name }},\n")

    template = ReplyTemplate.objects.get()
    assert answer.status_code == 201
    shown = answer.json()
    assert shown == {
        "id": template.pk,
        "name": "Hello",
        "text": "Hello {{ requester_name }},\n",
        "created_by": operator.pk,
        "date_create": shown["date_create"],
        "date_update": shown["date_update"],
    }
    assert supervisor_api.get(PATH).json()["results"] == [shown]


def test_templates_are_listed_in_pages(api: APIClient) -> None:
    templates = [ReplyTemplateFactory.create() for _ in range(3)]

    pages = fetch_pages(api, f"{PATH}?page_size=2")

    ids = [row["id"] for page in pages for row in page["results"]]
    assert ids == [template.pk for template in templates]


def test_any_operator_changes_and_deletes_a_template(api: APIClient) -> None:
    template = ReplyTemplateFactory.create(name="Hello", text="Hello")

    renamed = api.patch(f"{PATH}{template.pk}/", {"name": "Bye"}, format="json")
    changed = api.patch(f"{PATH}{template.pk}/", {"text": "Bye {{title}}"}, format="json")
    same = api.patch(f"{PATH}{template.pk}/", {}, format="json")
    deleted = api.delete(f"{PATH}{template.pk}/")

    assert [answer.status_code for answer in (renamed, changed, same)] == [200, 200, 200]
    assert (renamed.json()["name"], renamed.json()["text"]) == ("Bye", "Hello")
    assert (changed.json()["name"], changed.json()["text"]) == ("Bye", "Bye {{title}}")
    assert changed.json()["created_by"] == template.created_by_id
    assert changed.json()["date_update"] > changed.json()["date_create"]
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert not ReplyTemplate.objects.exists()


def test_an_unknown_template_is_not_found(api: APIClient, ticket: Ticket) -> None:
    unknown = f"{PATH}987654/"

    error_of(api.patch(unknown, {"name": ""}, format="json"), 404, "not_found")
    error_of(api.delete(unknown), 404, "not_found")
    error_of(render(api, 987_654, {"request_id": "x"}), 404, "not_found")


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", " "), ("name", "x" * 201), ("name", None), ("text", ""),
     ("text", "\n "), ("text", None), ("text", "x\0"), ("text", "x" * 100_001)],
)  # fmt: skip
def test_a_template_needs_a_name_and_a_text(api: APIClient, field: str, value: Any) -> None:
    template = ReplyTemplateFactory.create()

    added = error_of(post(api, **{"name": "x", "text": "x", field: value}), 400, "invalid")
    changed = api.patch(f"{PATH}{template.pk}/", {field: value}, format="json")

    assert set(added["fields"]) == {field}
    assert set(error_of(changed, 400, "invalid")["fields"]) == {field}
    assert ReplyTemplate.objects.get().updated_at == template.updated_at


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{{ requster_name }}", "requster_name"), ("{{a}} {{ title }} {{b}} {{a}}", "a, b"),
        ("{{ requester.name }}", "requester.name"), ("{{ title | upper }}", "title | upper"),
        ("{{ Title }}", "Title"), ("{{ имя }}", "имя"), (f"{{{{ {'x' * 9000} }}}}", "x" * 50),
    ],
)  # fmt: skip
def test_an_unknown_variable_is_refused_by_its_name(api: APIClient, text: str, named: str) -> None:
    error = error_of(post(api, name="x", text=text), 400, "invalid")

    known = "requester_name, request_id, title, operator_name"
    assert error["fields"] == {"text": [f"Unknown variables: {named}; the known ones are {known}."]}
    assert not ReplyTemplate.objects.exists()


def test_a_template_is_rendered_for_a_request_and_the_caller(
    api: APIClient, operator: Operator
) -> None:
    requester = RequesterFactory.create(name="Иван <b> {{ title }}")
    ticket = TicketFactory.create(requester=requester, title=r"It's \1 {{operator_name}} & dead")
    template = ReplyTemplateFactory.create(
        text="{{requester_name}}! {{  request_id }}: {{\ttitle\n}}. {{ operator_name }}, {{title}}"
    )

    answer = render(api, template.pk, {"request_id": ticket.pk})

    assert answer.status_code == 200
    title = r"It's \1 {{operator_name}} & dead"
    assert answer.json() == {
        "text": f"Иван <b> {{{{ title }}}}! {ticket.pk}: {title}. {operator.name}, {title}"
    }


@pytest.mark.parametrize(
    "text", ["{{", "}}", "{ title }", "{{ title", "title }}", "{{ {title} }}", "{%x%} {#x#}"]
)
def test_what_is_no_variable_is_text(api: APIClient, ticket: Ticket, text: str) -> None:
    template = post(api, name="x", text=text).json()["id"]

    assert render(api, template, {"request_id": ticket.pk}).json() == {"text": text}


def test_a_requester_without_a_name_is_called_by_their_address(api: APIClient) -> None:
    ticket = TicketFactory.create(requester__name="", requester__email="ivan@example.com")
    template = ReplyTemplateFactory.create(text="{{ requester_name }}")

    answer = render(api, template.pk, {"request_id": ticket.pk})

    assert answer.json() == {"text": "ivan@example.com"}


def test_an_unknown_request_is_not_found(api: APIClient) -> None:
    template = ReplyTemplateFactory.create()

    error_of(render(api, template.pk, {"request_id": 987_654}), 404, "not_found")


@pytest.mark.parametrize("body", [{}, [], {"request_id": None}, {"request_id": "x"},
                                  {"request_id": 0}, {"request_id": 2**63}])  # fmt: skip
def test_a_template_is_rendered_for_a_number(api: APIClient, body: Any) -> None:
    error_of(render(api, ReplyTemplateFactory.create().pk, body), 400, "invalid")
