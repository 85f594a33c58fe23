"""The addresses of this desk itself."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from operators.mailboxes import same_mailbox


def own_addresses() -> tuple[str, ...]:
    """Return this desk's own addresses."""
    return (settings.SUPPORT_ADDRESS, *settings.OWN_ADDRESSES)


def is_own_address(address: str) -> bool:
    """Return whether an address leads to this desk itself."""
    return any(same_mailbox(address, own) for own in own_addresses())


def refuse_own_address(address: str) -> None:
    """Raise `ValidationError` for an address of this desk, whose mail would open tickets."""
    if is_own_address(address):
        raise ValidationError(_("This is an address of this desk itself."), code="own_address")
