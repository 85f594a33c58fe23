"""What intake says of a mail (mailing.classification, mailing.inbound.matching), translated."""

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

# Rules that are named in words, and evidence. What names a header stays as it is.
_TEXTS: dict[str, str | Promise] = {
    "delivery failure": gettext_lazy("delivery failure"),
    "spam complaint": gettext_lazy("spam complaint"),
    "our message id": gettext_lazy("its Message-ID is ours"),
    "our loop header": gettext_lazy("it has our loop header"),
    "read receipt": gettext_lazy("read receipt"),
    "sender challenge": gettext_lazy("its sender asks to be confirmed"),
    "auto-reply subject": gettext_lazy("the subject of an automatic reply"),
    "our address": gettext_lazy("sent from an address of ours"),
    "contact form": gettext_lazy("contact form"),
    "failed dmarc": gettext_lazy("the check of its sender (DMARC) failed"),
    "unlisted form": gettext_lazy("a form that is not in FORM_SENDERS"),
    "list software": gettext_lazy("software of a mailing list"),
    "list's return path": gettext_lazy("return path of a mailing list"),
    "bulk mail service": gettext_lazy("service for bulk mail"),
    "ticket system": gettext_lazy("ticket system"),
    "exchange mailbox rule": gettext_lazy("mailbox rule of Exchange"),
    "exchange rules loop": gettext_lazy("loop of rules of Exchange"),
    "noreply address": gettext_lazy("an address that takes no answer"),
    "address of a program": gettext_lazy("address of a program"),
    "null return path": gettext_lazy("empty return path"),
    "words before our subject": gettext_lazy("words before our subject"),
    "no sender": gettext_lazy("no sender"),
    "group": gettext_lazy("a group's mail"),
    "reaction": gettext_lazy("reaction"),
    "our mailing list": gettext_lazy("our mailing list"),
    "mailing list": gettext_lazy("mailing list"),
    "nothing shows a closed request that it answers": gettext_lazy(
        "nothing shows a closed ticket that it answers"
    ),
    "no sign of a machine": gettext_lazy("no sign of a machine"),
    "entered by an operator": gettext_lazy("entered by an operator"),
    "the operator who entered the request chose no notice": gettext_lazy(
        "the operator who entered it chose no notice"
    ),
    "it is a reaction": gettext_lazy("it is a reaction"),
    "no address to answer to": gettext_lazy("no address to answer to"),
    "it came by a mailing list whose address is not in OWN_ADDRESSES": gettext_lazy(
        "it came by a mailing list whose address is not in OWN_ADDRESSES"
    ),
    "its sender never wrote before, and it answers an automatic mail of ours": gettext_lazy(
        "its sender never wrote before, and it answers an automatic mail of ours"
    ),
}
# Evidence that names something.
_PATTERNS: dict[str, str | Promise] = {
    r"request (.+) of the same sender is open": gettext_lazy(
        "ticket #%(what)s of the same sender is open"
    ),
    r"answers our mail (.+)": gettext_lazy("answers our mail %(what)s"),
    r"answers their mail (.+)": gettext_lazy("answers their mail %(what)s"),
    r"request (.+) is this sender's last one": gettext_lazy(
        "ticket #%(what)s is this sender's last one"
    ),
    r"this sender's request was merged into request (.+)": gettext_lazy(
        "this sender's ticket was merged into ticket #%(what)s"
    ),
    r"sent by (.+)": gettext_lazy("sent by %(what)s"),
    r"a machine's address: (.+)": gettext_lazy("a machine's address: %(what)s"),
}


def say_evidence(text: str) -> str:
    """Return a rule or a piece of evidence in words, or as it is where it names a header."""
    if text in _TEXTS:
        return str(_TEXTS[text])
    for pattern, words in _PATTERNS.items():
        if found := re.fullmatch(pattern, text):
            return str(words) % {"what": found[1]}
    return text
