"""Fields that several serializers of tickets have."""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from operators.mailboxes import MAX_CHARACTERS, canonical_address, readable_address
from operators.models import MAX_OPERATOR_ID, Operator
from tickets.models import TAG_CHARACTERS, Priority
from tickets.tags import distinct_tags, normalize_tag

PRIORITY_NAMES = [priority.name.lower() for priority in Priority]


class TextField(serializers.CharField):
    """The text of a message, note or template: not blank; white space around it is kept."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=100_000, trim_whitespace=False, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        text = super().run_validation(data)
        if isinstance(text, str) and not text.strip():
            self.fail("blank")
        return text


class IdField(serializers.IntegerField):
    """The id of a ticket or a file; PostgreSQL has no larger ones."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **kwargs)


class PriorityField(serializers.ChoiceField):
    """A priority by its name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=PRIORITY_NAMES, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """Return the `Priority`."""
        return Priority[super().to_internal_value(data).upper()]


class TagField(serializers.CharField):
    """A tag; upper case is lowered."""

    def __init__(self, **kwargs: Any) -> None:
        # Before it is normalized; `normalize_tag` has the limit.
        super().__init__(max_length=10 * TAG_CHARACTERS, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return normalize_tag(super().to_internal_value(data))


class TagsField(serializers.ListField):
    """The tags of a ticket; doubles are dropped."""

    child = TagField()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=1000, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        return distinct_tags(super().to_internal_value(data))


class FutureTimeField(serializers.DateTimeField):
    """A time to come, in ISO 8601 with its offset."""

    default_error_messages = {
        "no_offset": _("The time needs an offset, such as Z or +03:00."),
        "past": _("The time must be in the future."),
    }

    def enforce_timezone(self, value: datetime) -> datetime:
        if timezone.is_naive(value):
            self.fail("no_offset")
        return super().enforce_timezone(value)

    def to_internal_value(self, value: Any) -> datetime:
        until = super().to_internal_value(value)
        if until <= timezone.now():
            self.fail("past")
        return until


class SendTimeField(FutureTimeField):
    """When an answer is sent: at most so many days ahead."""

    most = timedelta(days=30)
    default_error_messages = {"late": _("The time must be within 30 days.")}

    def to_internal_value(self, value: Any) -> datetime:
        at = super().to_internal_value(value)
        if at > timezone.now() + self.most:
            self.fail("late")
        return at


class HolderField(serializers.IntegerField):
    """The id of an active operator who shall hold a ticket, or null for nobody."""

    default_error_messages = {"unknown": _("There is no active operator with this id.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_OPERATOR_ID, allow_null=True, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Operator | None:
        """Return the operator."""
        operator_id = super().run_validation(data)
        if operator_id is None:
            return None
        operator = Operator.objects.filter(pk=operator_id, is_active=True).first()
        if operator is None:
            self.fail("unknown")
        return operator


class AddressField(serializers.CharField):
    """An address, also in Unicode (RFC 6531)."""

    default_error_messages = {"invalid": serializers.EmailField.default_error_messages["invalid"]}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_CHARACTERS, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        address = canonical_address(super().to_internal_value(data))
        local, _at, domain = address.rpartition("@")
        if not local.isprintable() or any(map(str.isspace, local)):
            self.fail("invalid")
        try:
            # Django's validator knows no Unicode before the "@".
            in_ascii = "".join(letter if letter.isascii() else "x" for letter in local)
            validate_email(f"{in_ascii}@{domain}")
        except DjangoValidationError:
            self.fail("invalid")
        return readable_address(address)
