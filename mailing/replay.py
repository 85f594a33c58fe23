"""Work a mail again that was set aside."""

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from mailing.exceptions import NotAllowedForThisMail
from mailing.models import InboundEmail
from mailing.signals import inbound_stored

State = InboundEmail.State


@transaction.atomic
def replay(*, inbound_id: int) -> InboundEmail:
    """Put an ignored or quarantined mail back into the inbox; our own mail goes in as an import.

    Raises `Http404`, and `NotAllowedForThisMail` for one in another state or without its bytes.
    """
    inbound = InboundEmail.objects.select_for_update().filter(pk=inbound_id).first()
    if inbound is None:
        raise Http404
    if inbound.state not in (State.IGNORED, State.QUARANTINED):
        raise NotAllowedForThisMail(
            _("The mail is %(state)s; only an ignored or quarantined one can be replayed.")
            % {"state": inbound.state}
        )
    if inbound.raw is None:
        raise NotAllowedForThisMail(_("The mail's bytes are past their retention time."))
    if not inbound.raw or inbound.size != len(inbound.raw):
        raise NotAllowedForThisMail(_("Only the mail's header was sent; there is nothing to work."))
    inbound.as_import = inbound.kind == InboundEmail.Kind.OURS
    inbound.state, inbound.reason, inbound.kind = State.RECEIVED, "", ""
    inbound.attempts, inbound.processed_at = 0, None
    inbound.save()
    inbound_stored.send(sender=InboundEmail)
    return inbound
