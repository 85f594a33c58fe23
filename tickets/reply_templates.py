"""Texts for replies that all operators share, and the variables in them."""

import re
from collections.abc import Callable

from django.db import transaction
from django.shortcuts import get_object_or_404

from operators.models import Operator
from tickets.models import ReplyTemplate, Ticket

# The value of each variable, for a ticket and the operator who is about to answer.
VARIABLES: dict[str, Callable[[Ticket, Operator], str]] = {
    # As mail programs do, the address stands for a name that nobody knows.
    "requester_name": lambda ticket, by: ticket.requester.name or ticket.requester.email,
    "request_id": lambda ticket, by: str(ticket.pk),
    "title": lambda ticket, by: ticket.title,
    "operator_name": lambda ticket, by: by.name,
}
# Also of something that is no name, so that no customer gets {{ title | upper }}.
_VARIABLE = re.compile(r"\{\{([^{}]*)\}\}")


def unknown_variables(text: str) -> list[str]:
    """Return the variables of a text that have no value, each once and in their order."""
    names = (name.strip() for name in _VARIABLE.findall(text))
    return list(dict.fromkeys(name for name in names if name not in VARIABLES))


def add_template(*, name: str, text: str, by: Operator) -> ReplyTemplate:
    """Store a template, whose text has no unknown variables."""
    return ReplyTemplate.objects.create(name=name, text=text, created_by=by)


@transaction.atomic
def change_template(*, template_id: int, changes: dict[str, str]) -> ReplyTemplate:
    """Apply new values of `name` and `text`; raises `Http404`."""
    locked = ReplyTemplate.objects.select_for_update()
    template = get_object_or_404(locked, pk=template_id)
    for field, value in changes.items():
        setattr(template, field, value)
    template.save(update_fields=[*changes, "updated_at"])
    return template


def delete_template(*, template_id: int) -> None:
    """Delete a template; raises `Http404`."""
    get_object_or_404(ReplyTemplate, pk=template_id).delete()


def render(template: ReplyTemplate, *, ticket: Ticket, by: Operator) -> str:
    """Return a template's text with the values of its variables, which are not rendered again."""
    return _VARIABLE.sub(lambda variable: VARIABLES[variable[1].strip()](ticket, by), template.text)
