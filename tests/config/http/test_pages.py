"""The start page, and the OpenAPI description of every endpoint."""

import json
import re
from functools import cache
from typing import Any

import pytest
from django.test import Client
from swagger_spec_validator.validator20 import validate_spec

ME = "/ops/support_ops/me/"
PATHS = {
    "/requests/webhook/email/": {"post"},
    "/requests/webhook/email/reconcile/": {"post"},
    "/mail/inbox/replay": {"post"},
    "/requests/user_requests/": {"get", "post"},
    "/requests/user_requests/counts/": {"get"},
    "/requests/user_requests/{request_id}/": {"get", "patch"},
    "/mgs/requests/{request_id}/mgs/": {"get"},
    "/mgs/requests/{request_id}/mgs/create": {"post"},
    "/mgs/requests/{request_id}/mgs/{message_id}/send/": {"post"},
    "/mgs/requests/{request_id}/mgs/{message_id}/withdraw/": {"post"},
    "/mgs/requests/{request_id}/mgs/{id}/html": {"get"},
    "/mgs/requests/{request_id}/files/": {"post"},
    "/mgs/requests/{request_id}/files/{file_id}/": {"get"},
    "/ops/support_ops/": {"get", "post"},
    ME: {"get", "patch"},
    f"{ME}tokens/": {"get", "post"},
    f"{ME}tokens/{{token_id}}/": {"delete"},
    "/ops/support_ops/{operator_id}/": {"get", "patch"},
    "/ops/support_ops/{operator_id}/tokens/": {"get", "post"},
    "/ops/support_ops/{operator_id}/tokens/{token_id}/": {"delete"},
    "/ops/{operator_id}/requests/{request_id}/progress/": {"post"},
    "/ops/{operator_id}/requests/{request_id}/close/": {"post"},
    "/mail/inbox/": {"get"},
    "/mail/inbox/{id}/": {"get"},
    "/mail/inbox/{id}/raw": {"get"},
    "/mail/inbox/{id}/replay": {"post"},
    "/mail/inbox/{id}/accept": {"post"},
    "/mail/outbox/": {"get"},
    "/mail/outbox/{id}/": {"get"},
    "/mail/outbox/{id}/retry": {"post"},
    "/mail/outbox/{id}/cancel": {"post"},
    "/mail/blocks/": {"get", "post"},
    "/mail/blocks/preview/": {"post"},
    "/mail/blocks/{block_id}/": {"delete"},
    "/ops/templates/": {"get", "post"},
    "/ops/templates/{template_id}/": {"delete", "patch"},
    "/ops/templates/{template_id}/render/": {"post"},
    "/requests/bulk/": {"post"},
    "/requests/requesters/": {"get"},
    "/requests/requesters/{requester_id}/": {"get", "patch"},
    "/requests/requesters/{requester_id}/tickets/": {"get"},
    "/requests/user_requests/{request_id}/assign/": {"post"},
    "/requests/user_requests/{request_id}/draft/": {"delete", "get", "put"},
    "/requests/user_requests/{request_id}/drafts/": {"get"},
    "/requests/user_requests/{request_id}/merge/": {"post"},
    "/requests/user_requests/{request_id}/notes/": {"get", "post"},
    "/requests/user_requests/{request_id}/notes/{note_id}/": {"delete", "patch"},
    "/requests/user_requests/{request_id}/participants/": {"get", "post"},
    "/requests/user_requests/{request_id}/participants/{participant_id}/": {"delete"},
    "/requests/user_requests/{request_id}/reopen/": {"post"},
    "/requests/user_requests/{request_id}/seen/": {"put"},
    "/requests/user_requests/{request_id}/timeline/": {"get"},
    "/requests/user_requests/{request_id}/unmerge/": {"post"},
}
OPERATIONS = sorted((path, method) for path, methods in PATHS.items() for method in methods)
SIGNED = {"/requests/webhook/email/", "/requests/webhook/email/reconcile/"}
# They belong to a ticket, and are no change of it.
NO_CHANGES = ("/files/", "/draft/", "/seen/")
CONFLICTS = ("/mgs/create", "/progress/", "/close/", "/replay", "/accept", "/retry", "/cancel")


@cache
def specification() -> dict[str, Any]:
    answer = Client().get("/docs/swagger.json", headers={"accept-language": "en"})
    assert answer.status_code == 200
    specification: dict[str, Any] = json.loads(answer.content)
    return specification


def operation(path: str, method: str) -> dict[str, Any]:
    operation: dict[str, Any] = specification()["paths"][path][method]
    return operation


def test_the_start_page_leads_to_desk_api_admin_and_health(client: Client) -> None:
    english = client.get("/", headers={"accept-language": "en"})
    russian = client.get("/", headers={"accept-language": "ru"})

    assert english.status_code == russian.status_code == 200
    assert english.headers["Content-Type"] == "text/html; charset=utf-8"
    page = english.content.decode()
    assert '<html lang="en">' in page
    assert re.findall('<a (?:class="[^"]*" )?href="([^"]+)"', page) == [
        "/desk/",
        "/docs/",
        "/admin/",
        "/readyz",
    ]
    assert "Requests that people send by mail become tickets that operators answer." in page
    assert '<html lang="ru">' in russian.content.decode()


def test_the_documentation_opens_without_signing_in(client: Client) -> None:
    answer = client.get("/docs/")

    assert answer.status_code == 200
    assert "swagger-ui" in answer.content.decode()


def test_the_specification_is_valid() -> None:
    validate_spec(specification())

    assert specification()["info"]["title"] == "ServiceDesk"


def test_the_specification_is_made_without_a_warning(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get("/docs/swagger.json")

    assert answer.status_code == 200
    assert [line for line in caplog.messages if "config.http.request_log" not in line] == []


def test_every_endpoint_is_described_and_no_other() -> None:
    described = {
        path: set(methods) - {"parameters"} for path, methods in specification()["paths"].items()
    }

    assert described == PATHS


def test_the_authorize_button_asks_for_the_token() -> None:
    assert specification()["securityDefinitions"] == {
        "Token": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token`, a space and the token, as in `Token 5d8f0d6a…`",
        }
    }
    assert specification()["security"] == [{"Token": []}]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_an_endpoint_has_summary_answers_and_error_examples(path: str, method: str) -> None:
    described = operation(path, method)
    answers = described["responses"]
    errors = {code: answer for code, answer in answers.items() if int(code) >= 400}

    assert described["summary"]
    assert not described["summary"].endswith(".")
    # A participant is added, or was there already.
    successes = 2 if (path.endswith("/participants/") and method == "post") else 1
    assert len({"200", "201", "202", "204"} & set(answers)) == successes
    expected = {"401", "429", "503"}
    if "{" in path:
        expected.add("404")
    if method != "get" and "parameters" in described and described["parameters"]:
        expected.add("400")
    is_for_all = path.startswith(("/ops/templates/", ME))
    if path.startswith(("/mail/", "/ops/")) and not is_for_all and (path, method) not in {
        ("/ops/support_ops/", "get"), ("/ops/support_ops/{operator_id}/", "get"),
    }:  # fmt: skip
        expected.add("403")
    if (path.endswith(CONFLICTS) and path != "/mail/inbox/replay") or (
        method == "patch" and path.startswith("/ops/") and not is_for_all
    ):
        expected.add("409")
    assert expected <= set(errors)
    for code, answer in errors.items():
        assert answer["description"]
        example = answer["examples"]["application/json"]
        extra = {"version", "missed"} if code == "412" else set()
        assert set(example["error"]) == {"code", "message", "fields"} | extra, code


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_a_change_takes_a_key_and_that_of_a_ticket_if_match(path: str, method: str) -> None:
    described = operation(path, method)
    headers = {row["name"] for row in described["parameters"] if row["in"] == "header"}
    is_change = method != "get" and path not in SIGNED
    is_of_ticket = is_change and "{request_id}" in path and not path.endswith(NO_CHANGES)

    assert headers - {"Range"} == {
        *(["Idempotency-Key"] if is_change else []),
        *(["If-Match"] if is_of_ticket else []),
    }
    assert {"400", "409", "422"} <= set(described["responses"]) or not is_change
    assert ("422" in described["responses"]) is is_change
    assert ("412" in described["responses"]) is is_of_ticket


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_a_body_and_an_answer_have_examples(path: str, method: str) -> None:
    described = operation(path, method)
    schemas = [
        parameter["schema"] for parameter in described["parameters"] if parameter["in"] == "body"
    ]
    schemas += [
        answer["schema"]
        for code, answer in described["responses"].items()
        if int(code) < 300 and answer.get("schema", {}).get("type") != "file"
        if "schema" in answer
    ]

    for schema in schemas:
        if schema.get("type") == "object":  # a page
            assert set(schema["properties"]) == {"next", "previous", "results"}
            schema = schema["properties"]["results"]
        schema = schema.get("items", schema)
        assert "example" in resolved(schema), schema


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema["$ref"].rpartition("/")[2]
    definition: dict[str, Any] = specification()["definitions"][name]
    return definition


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_only_the_webhook_needs_no_token(path: str, method: str) -> None:
    described = operation(path, method)

    assert described.get("security", specification()["security"]) == (
        [] if path in SIGNED else [{"Token": []}]
    )


def test_the_list_of_tickets_names_its_orderings_and_filters() -> None:
    parameters = {
        parameter["name"]: parameter
        for parameter in operation("/requests/user_requests/", "get")["parameters"]
    }

    assert set(parameters) == {
        "status", "queue", "operator", "requester", "participant", "tag", "priority", "waiting_on",
        "snoozed", "needs_attention", "created_after", "created_before", "updated_after",
        "updated_before", "search", "ordering", "page_size", "cursor",
    }  # fmt: skip
    assert {parameter["in"] for parameter in parameters.values()} == {"query"}
    fields = [
        "request_id", "title", "description", "status", "date_create", "date_update",
        "user_email", "operator", "priority", "waiting_since",
    ]  # fmt: skip
    assert parameters["ordering"]["enum"] == [*fields, *(f"-{field}" for field in fields)]
    assert parameters["status"]["enum"] == ["new", "in_progress", "closed"]
    assert (parameters["tag"]["type"], parameters["tag"]["collectionFormat"]) == ("array", "multi")
    assert (parameters["page_size"]["type"], parameters["page_size"]["maximum"]) == ("integer", 200)


def test_the_endpoints_are_grouped_as_in_the_original_api() -> None:
    groups = {tag for path, method in OPERATIONS for tag in operation(path, method)["tags"]}

    assert groups == {"requests", "mgs", "ops", "mail"}
