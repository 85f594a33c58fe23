"""One spelling of each requester's address, for matching.

Requesters who exist already and differ only in the spelling of their address stay apart: the first
of them gets it, the others are reported. Folding is written out here, as it was at this time.
"""

import re
import sys
import unicodedata

from django.db import migrations, models

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
_BATCH = 1_000


def canonical_address(address):
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", address)).strip()
    local, at, domain = unicodedata.normalize("NFKC", text.lower()).rpartition("@")
    if len(local) > 2 and local[0] == local[-1] == '"':
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    labels = domain.replace("\u3002", ".").rstrip(".").split(".")
    canonical = f"{local}{at}{'.'.join(_to_ascii(label) for label in labels)}"
    return canonical if len(canonical) <= 320 else address.lower()[:320]


def _to_ascii(label):
    if label.isascii() or len(label) > 63:
        return label
    in_punycode = "xn--" + label.encode("punycode").decode("ascii")
    return in_punycode if len(in_punycode) <= 63 else label


def fill(apps, schema_editor):
    requesters = apps.get_model("tickets", "Requester").objects
    holders, filled = {}, []
    for requester in requesters.only("email").order_by("pk").iterator():
        canonical = canonical_address(requester.email)
        holder = holders.setdefault(canonical, requester.pk)
        if holder != requester.pk:
            sys.stdout.write(
                f"\n  Requesters {holder} and {requester.pk} have one address in two spellings;"
                " they stay apart.\n"
            )
            continue
        requester.canonical_email = canonical
        filled.append(requester)
    requesters.bulk_update(filled, ["canonical_email"], batch_size=_BATCH)


class Migration(migrations.Migration):
    dependencies = [("tickets", "0005_history_is_not_emptied")]

    operations = [
        migrations.AddField(
            "requester",
            "canonical_email",
            models.CharField(
                blank=True, max_length=320, null=True, verbose_name="address for matching"
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddConstraint(
            "requester",
            models.UniqueConstraint(fields=["canonical_email"], name="canonical_email_is_unique"),
        ),
    ]
