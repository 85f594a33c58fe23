"""Add and change operators, issue and revoke their tokens."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from operators.exceptions import LastSupervisor, OperatorInactive
from operators.models import Operator, OperatorToken
from operators.signals import operator_email_changed


@transaction.atomic
def add_operator(
    *, operator_id: int, name: str, email: str = "", is_supervisor: bool = False
) -> Operator:
    """Store a new operator, who needs a token to act.

    Raises `ValidationError` when that id exists, or another operator has the address.
    """
    operator = Operator(pk=operator_id, name=name, email=email, is_supervisor=is_supervisor)
    operator.set_unusable_password()
    _save(operator, force_insert=True)
    return operator


@transaction.atomic
def change_operator(*, operator_id: int, changes: dict[str, str | bool]) -> Operator:
    """Apply new values of `name`, `email`, `is_active` and `is_supervisor`.

    Deactivating revokes every token. Raises `Http404` for an unknown id and `LastSupervisor` when
    no active supervisor would be left, and `ValidationError` when another operator has the address.
    """
    supervisors = Q(is_supervisor=True, is_active=True)
    locked = Operator.objects.select_for_update(no_key=True).filter(Q(pk=operator_id) | supervisors)
    by_id = {operator.pk: operator for operator in locked.order_by("pk")}
    if operator_id not in by_id:
        raise Http404
    operator = by_id[operator_id]
    _change(operator, changes)
    if not any(each.is_supervisor and each.is_active for each in by_id.values()):
        raise LastSupervisor
    if not operator.is_active:
        OperatorToken.objects.filter(user=operator).delete()
    return operator


@transaction.atomic
def change_profile(*, operator_id: int, changes: dict[str, Any]) -> Operator:
    """Apply new values of `name`, `email`, `language`, `signature` and `notices`.

    notices: by name whether they are wanted; the others stay as they are.

    Raises `ValidationError` when another operator has the address.
    """
    operator = Operator.objects.select_for_update(no_key=True).get(pk=operator_id)
    if "notices" in changes:
        wanted = {**operator.notices, **changes["notices"]}
        off = {name: False for name, is_wanted in wanted.items() if not is_wanted}
        changes = {**changes, "notices": off}
    _change(operator, changes)
    return operator


def change_password(*, operator: Operator, password: str) -> None:
    """Store another password, which ends all sessions of the operator; their API tokens stay."""
    operator.set_password(password)
    operator.save(update_fields=["password"])


def sign_out_everywhere(*, operator_id: int) -> Operator:
    """End all sessions of an operator; their API tokens stay."""
    Operator.objects.filter(pk=operator_id).update(sign_outs=F("sign_outs") + 1)
    return Operator.objects.get(pk=operator_id)


@transaction.atomic
def issue_token(*, operator: Operator) -> tuple[OperatorToken, str]:
    """Return a new token's row and its text, which is not stored and cannot be shown again.

    Raises `OperatorInactive` for a deactivated operator.
    """
    # Locked, so that a deactivation at the same time, which revokes all tokens, misses none.
    if not Operator.objects.select_for_update(no_key=True).get(pk=operator.pk).is_active:
        raise OperatorInactive
    row, text = OperatorToken.objects.create(user=operator)
    return row, text


def revoke_token(*, operator_id: int, token_id: UUID) -> None:
    """Revoke a token; raise `Http404` when that operator has no such token."""
    deleted, _per_model = OperatorToken.objects.filter(
        user_id=operator_id, token_id=token_id
    ).delete()
    if not deleted:
        raise Http404


def _change(operator: Operator, changes: Mapping[str, Any]) -> None:
    """Store new values of fields, and have the old address told that there is another."""
    old = operator.email
    for field, value in changes.items():
        setattr(operator, field, value)
    _save(operator, update_fields=changes)
    if old and old.lower() != operator.email.lower():
        operator_email_changed.send(sender=Operator, operator=operator, old=old)


def _save(operator: Operator, **options: Any) -> None:
    """Store an operator; raises `ValidationError` when another one has the id or the address."""
    try:
        with transaction.atomic():
            operator.save(**options)
    except IntegrityError as error:
        if "operator_email_is_unique" in str(error):
            problem = {"email": [_("Another operator has this address.")]}
        elif "operators_operator_pkey" in str(error):
            taken = _("Operator %(id)d exists already; choose another id.") % {"id": operator.pk}
            problem = {"operator_id": [taken]}
        else:
            raise
        raise ValidationError(problem) from error
