"""Who may call the URLs of the webhook, the inbox and the outbox."""

from tests.mail import build_mail
from tests.security.rows.base import SCRIPT, SUPERVISORS, Bodies, Row
from tests.webhook import webhook_message

ROWS: list[Row] = [
    Row("POST", "/requests/webhook/email/", SCRIPT, 202, "mail"),
    Row("POST", "/requests/webhook/email/reconcile/", SCRIPT, 200, "ids"),
    Row("GET", "/mail/inbox/", SUPERVISORS),
    Row("GET", "/mail/inbox/{quarantined}/", SUPERVISORS),
    Row("GET", "/mail/inbox/{quarantined}/raw", SUPERVISORS),
    Row("POST", "/mail/inbox/{quarantined}/replay", SUPERVISORS),
    Row("POST", "/mail/inbox/{ignored}/accept", SUPERVISORS),
    Row("POST", "/mail/inbox/replay", SUPERVISORS),
    Row("GET", "/mail/outbox/", SUPERVISORS),
    Row("GET", "/mail/outbox/{failed}/", SUPERVISORS),
    Row("POST", "/mail/outbox/{failed}/retry", SUPERVISORS),
    Row("POST", "/mail/outbox/{queued}/cancel", SUPERVISORS),
    Row("GET", "/mail/blocks/", SUPERVISORS),
    Row("POST", "/mail/blocks/", SUPERVISORS, 201, "pattern"),
    Row("DELETE", "/mail/blocks/{block}/", SUPERVISORS, 204),
    Row("POST", "/mail/blocks/preview/", SUPERVISORS, 200, "pattern"),
]

BODIES: Bodies = {
    "mail": lambda world: {"messages": [webhook_message("18c2f0", build_mail())]},
    "pattern": lambda world: {"address": "@spam.example"},
    "ids": lambda world: {"ids": ["18c2f0"]},
}
