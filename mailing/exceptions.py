"""Errors that the API answers about mail."""

from django.utils.translation import gettext_lazy as _

from operators.exceptions import Conflict


class NotAllowedForThisMail(Conflict):
    """The mail's state does not allow the action."""

    default_code = "not_allowed_for_this_mail"
    default_detail = _("The mail's state does not allow this.")


class AlreadyBlocked(Conflict):
    """The address or domain is blocked already."""

    default_code = "already_blocked"
    default_detail = _("This address or domain is blocked already.")
