"""What the tests of mail in the Django admin do with its pages."""

from django.test import Client

from mailing.models import InboundEmail, OutboundEmail


def act(admin: Client, model: str, action: str, *ids: int) -> str:
    """Do an action with rows of a list and return the page that follows."""
    answer = admin.post(
        f"/admin/mailing/{model}/",
        {"action": action, "_selected_action": [str(pk) for pk in ids]},
        follow=True,
    )
    assert answer.status_code == 200
    return answer.content.decode()


def rows_found(admin: Client, model: str, **query: str) -> set[int]:
    """Return the ids of the rows that a list shows for a search or a filter."""
    answer = admin.get(f"/admin/mailing/{model}/", query)
    assert answer.status_code == 200, query
    return {row.pk for row in answer.context["cl"].result_list}


def shown(admin: Client, row: InboundEmail | OutboundEmail) -> str:
    """Return a mail's own page."""
    answer = admin.get(f"/admin/mailing/{row._meta.model_name}/{row.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()
