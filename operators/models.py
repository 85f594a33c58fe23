"""Operators and their API tokens."""

import re
import uuid
from enum import StrEnum
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from operators.own_addresses import refuse_own_address

MAX_OPERATOR_ID = 2_147_483_647  # the largest integer of PostgreSQL
MAX_NAME_CHARACTERS = 150
KEY_CHARACTERS = 255
_WRITTEN_ID = re.compile(r"[1-9][0-9]{0,9}")


class Notice(StrEnum):
    """The kinds of mail to an operator, each of which they may switch off."""

    NEW_REQUEST = "new_request"
    MESSAGE = "message"
    ASSIGNED = "assigned"
    MENTION = "mention"
    DELIVERY = "delivery"


class OperatorManager(BaseUserManager["Operator"]):
    """Finds an operator by the id or address that is typed in at the sign-in."""

    def get_by_natural_key(self, username: str | None) -> "Operator":
        """Return the operator with this id or address; raises `Operator.DoesNotExist`."""
        if username and "@" in username:
            return self.annotate(lowered=Lower("email")).get(lowered=username.strip().lower())
        if username is None or not _WRITTEN_ID.fullmatch(username):
            raise Operator.DoesNotExist
        return self.get(pk=username)


class Operator(AbstractBaseUser):  # type: ignore[django-manager-missing]  # knox's tokens
    """A person who answers requests; a supervisor also manages operators and mail."""

    id = models.PositiveIntegerField(
        _("operator id"),
        primary_key=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_OPERATOR_ID)],
    )
    name = models.CharField(_("name"), max_length=MAX_NAME_CHARACTERS)
    email = models.EmailField(_("notify at"), blank=True, validators=[refuse_own_address])
    # Empty for the desk's own, LANGUAGE_CODE.
    language = models.CharField(
        _("language"),
        max_length=2,
        choices=settings.LANGUAGES,
        blank=True,
        default="",
        db_default="",
    )
    # Added to the mails of this operator's replies.
    signature = models.TextField(_("signature"), blank=True, default="", db_default="")
    # The notices that are switched off, each with false.
    notices = models.JSONField(
        _("notices"), default=dict, db_default=Value({}, models.JSONField()), blank=True
    )
    # How often the operator has signed out everywhere; each time ends all sessions before.
    sign_outs = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    is_supervisor = models.BooleanField(_("supervisor"), default=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects: ClassVar[OperatorManager] = OperatorManager()

    USERNAME_FIELD = "id"

    class Meta:
        verbose_name = _("operator")
        verbose_name_plural = _("operators")
        constraints = [
            models.CheckConstraint(condition=Q(id__gte=1), name="operator_id_is_positive"),
            models.CheckConstraint(condition=~Q(name=""), name="operator_has_a_name"),
            models.UniqueConstraint(
                Lower("email"),
                condition=~Q(email=""),
                name="operator_email_is_unique",
                violation_error_message=_("Another operator has this address."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.pk})"

    def get_short_name(self) -> str:
        """Return the name that the Django admin greets with."""
        return self.name

    def get_session_auth_hash(self) -> str:
        """Return what a session must have to be valid: it changes with the password, too."""
        if not self.sign_outs:
            return super().get_session_auth_hash()
        return salted_hmac("operators.sign_outs", f"{self.sign_outs}:{self.password}").hexdigest()

    def wants(self, notice: Notice) -> bool:
        """Return whether the operator can be mailed, and has not switched this kind off."""
        return self.is_active and bool(self.email) and self.notices.get(notice) is not False

    @property
    def is_staff(self) -> bool:
        """Whether the operator may use the Django admin."""
        return self.is_supervisor

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Return whether the operator has any right in the Django admin: supervisors have all."""
        return self.is_active and self.is_supervisor

    def has_module_perms(self, app_label: str) -> bool:
        """Return whether the operator sees an app in the Django admin."""
        return self.is_active and self.is_supervisor


class OperatorToken(AbstractAuthToken):  # type: ignore[misc]  # knox has no types
    """A hashed API token, with an id that may be shown and by which it is revoked."""

    token_id = models.UUIDField(_("token id"), default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return str(self.token_id)


class IdempotencyKey(models.Model):
    """The answer to a request of an operator under an `Idempotency-Key`, to be given again."""

    operator = models.ForeignKey(
        Operator,
        models.CASCADE,
        related_name="+",
        db_index=False,  # one_answer_per_key
    )
    key = models.CharField(max_length=KEY_CHARACTERS)
    # The SHA-256 of method, path and body, in hexadecimal digits.
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    # Empty where the answer has a secret in it.
    content = models.TextField(blank=True)
    etag = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operator", "key"], name="one_answer_per_key"),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_keys_by_age")]

    def __str__(self) -> str:
        return f"key {self.pk}"
