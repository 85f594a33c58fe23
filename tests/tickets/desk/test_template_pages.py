"""The page of the reply templates."""

import pytest
from django.test import Client

from operators.models import Operator
from tests.factories import ReplyTemplateFactory
from tickets.models import ReplyTemplate

pytestmark = pytest.mark.django_db


def test_a_template_is_added_changed_and_deleted(desk: Client, operator: Operator) -> None:
    form = {"name": "Привет", "text": "Здравствуйте, {{ requester_name }}!"}

    assert desk.post("/desk/templates/", form).status_code == 303
    template = ReplyTemplate.objects.get()
    assert (template.name, template.created_by) == ("Привет", operator)
    url = f"/desk/templates/{template.pk}/"
    assert "Здравствуйте, {{ requester_name }}!" in desk.get(url).content.decode()
    assert desk.post(url, {**form, "name": "Добрый день"}).status_code == 303
    template.refresh_from_db()
    assert template.name == "Добрый день"
    assert desk.post(f"{url}delete/").status_code == 303
    assert not ReplyTemplate.objects.exists()


@pytest.mark.parametrize("is_new", [True, False])
def test_an_unknown_variable_is_named_and_the_text_stays(desk: Client, is_new: bool) -> None:
    url = "/desk/templates/" + ("" if is_new else f"{ReplyTemplateFactory.create().pk}/")
    count = ReplyTemplate.objects.count()

    answer = desk.post(url, {"name": "a", "text": "Dear {{ customer }} <b>"})

    assert answer.status_code == 400
    shown = answer.content.decode()
    assert "customer" in shown.split('id="text-error">')[1].split("</p>")[0]
    assert "Dear {{ customer }} &lt;b&gt;</textarea>" in shown
    assert ReplyTemplate.objects.count() == count
    assert not ReplyTemplate.objects.filter(name="a").exists()


def test_an_empty_form_is_refused(desk: Client) -> None:
    answer = desk.post("/desk/templates/", {"name": "", "text": " "})

    assert answer.status_code == 400
    assert 'id="name-error"' in answer.content.decode()
    assert not ReplyTemplate.objects.exists()


def test_hostile_names_are_text(desk: Client) -> None:
    ReplyTemplateFactory.create(name="<script>alert(1)</script>", text="<img src=x onerror=y>")

    shown = desk.get("/desk/templates/").content.decode()

    assert "<script>alert" not in shown
    assert "<img" not in shown


@pytest.mark.parametrize("path", ["999/", "999/delete/"])
def test_an_unknown_template_is_not_found(desk: Client, path: str) -> None:
    answer = desk.post(f"/desk/templates/{path}", headers={"HX-Request": "true"})

    assert answer.status_code == 404
