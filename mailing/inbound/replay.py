"""Process ignored or quarantined mail again, as it is or as a person's."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Length
from django.http import Http404
from django.utils.translation import gettext as _

from mailing.exceptions import NotAllowedForThisMail
from mailing.inbound.blocks import BLOCKED
from mailing.inbound.outcomes import IS_COPY
from mailing.inbound.states import State, move
from mailing.kinds import MailKind
from mailing.models import InboundEmail
from mailing.signals import inbound_stored
from operators.models import Operator

log = structlog.get_logger(__name__)

REPLAYABLE = (State.IGNORED, State.QUARANTINED)
# As many as one request has time for.
MAX_AT_ONCE = 1000


class Refusal(NamedTuple):
    """A mail that was not put back, and why."""

    id: int
    reason: str


@transaction.atomic
def replay(*, inbound_id: int) -> InboundEmail:
    """Put an ignored or quarantined mail back into the inbox; our own mail becomes an import.

    Raises `Http404`, and `NotAllowedForThisMail` for a mail in another state or without its bytes.
    """
    inbound = _lock(inbound_id)
    if inbound.state not in REPLAYABLE:
        raise NotAllowedForThisMail(
            _("The mail is %(state)s; only an ignored or quarantined one can be replayed.")
            % {"state": inbound.state}
        )
    inbound.as_import = inbound.kind == MailKind.OURS
    return _put_back(inbound)


@transaction.atomic
def accept(*, inbound_id: int, by: Operator) -> InboundEmail:
    """Put an ignored mail back into the inbox, to open a ticket as a person's mail does.

    The log names the rule by which it was ignored. Raises `Http404`, and `NotAllowedForThisMail`
    for a mail in another state or without its bytes.
    """
    inbound = _lock(inbound_id)
    if inbound.state != State.IGNORED:
        raise NotAllowedForThisMail(
            _("The mail is %(state)s; only an ignored one can be accepted.")
            % {"state": inbound.state}
        )
    rule, kind = ignoring_rule(inbound), inbound.kind
    inbound.as_person, inbound.as_import = True, False
    inbound = _put_back(inbound)
    log.warning(
        "mail_accepted", inbound=inbound.pk, rule=rule, kind=kind, by=by.pk, trace=inbound.trace
    )
    return inbound


def ignoring_rule(inbound: InboundEmail) -> str:
    """Return the rule by which a mail was ignored, "" for another mail."""
    if inbound.state != State.IGNORED:
        return ""
    if inbound.reason.startswith(BLOCKED):
        return "block"
    if inbound.reason == IS_COPY:
        return "exact copy"
    return str((inbound.parse or {}).get("kind_rule", ""))


def _lock(inbound_id: int) -> InboundEmail:
    rows = InboundEmail.objects.defer("raw").select_for_update()
    inbound = rows.filter(pk=inbound_id).first()
    if inbound is None:
        raise Http404
    return inbound


def _put_back(inbound: InboundEmail) -> InboundEmail:
    raw_bytes = InboundEmail.objects.filter(pk=inbound.pk).values_list(Length("raw"), flat=True)[0]
    if raw_bytes is None:
        raise NotAllowedForThisMail(_("The mail's bytes are past their retention time."))
    if not raw_bytes or inbound.size != raw_bytes:
        raise NotAllowedForThisMail(_("Only the mail's header was sent; there is nothing to work."))
    inbound.parse_before, inbound.parse = _result(inbound), None
    move(inbound, State.RECEIVED)
    inbound.reason = inbound.kind = ""
    inbound.attempts, inbound.processed_at = 0, None
    inbound.save()  # without `raw`, which was deferred
    inbound_stored.send(sender=InboundEmail)
    return inbound


def replayable(*, state: str, kind: str = "", after: int = 0) -> QuerySet[InboundEmail]:
    """Return the mails in a state, of a kind if one is named, with ids greater than `after`."""
    rows = InboundEmail.objects.filter(state=state, pk__gt=after).order_by("pk")
    return rows.filter(kind=kind) if kind else rows


def replay_each(inbound_ids: Iterable[int]) -> tuple[int, list[Refusal]]:
    """Put mails back, each by itself; return how many were put back, and the refusals."""
    replayed, refused = 0, []
    for inbound_id in inbound_ids:
        try:
            replay(inbound_id=inbound_id)
            replayed += 1
        except Http404:
            refused.append(Refusal(inbound_id, _("There is no such mail.")))
        except NotAllowedForThisMail as error:
            refused.append(Refusal(inbound_id, str(error.detail)))
    return replayed, refused


def changes(inbound: InboundEmail) -> dict[str, list[Any]] | None:
    """Return what the last replay changed, as [before, after] by name.

    None for a mail that was never replayed or is not processed yet.
    """
    if inbound.parse_before is None or inbound.state == State.RECEIVED:
        return None
    before, after = inbound.parse_before, _result(inbound)
    names = dict.fromkeys([*before, *after])
    return {
        name: [before.get(name), after.get(name)]
        for name in names
        if before.get(name) != after.get(name)
    }


def _result(inbound: InboundEmail) -> dict[str, Any]:
    """Return what became of a mail, and how it was understood."""
    return {"state": inbound.state, "reason": inbound.reason, **(inbound.parse or {})}
