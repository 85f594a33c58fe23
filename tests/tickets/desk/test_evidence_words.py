"""What intake says of a mail, in the reader's language."""

import pytest
from django.utils import translation

from mailing.classification.rules import RULES
from tickets.desk.evidence_words import say_evidence

# Rules named by a header and perhaps its value say the same in every language.
NAMED_BY_A_HEADER = {rule.name for rule in RULES if " " not in rule.name.replace(": ", ":")} - {
    "group",
    "reaction",
}


@pytest.mark.parametrize("name", sorted({rule.name for rule in RULES} - NAMED_BY_A_HEADER))
def test_a_rule_that_is_named_in_words_is_said_in_russian(name: str) -> None:
    with translation.override("ru"):
        said = say_evidence(name)

    assert said != name
    assert any("а" <= letter <= "я" for letter in said)


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        ("sent by forms@shop.example", "отправил forms@shop.example"),
        ("request 12 of the same sender is open", "открыто обращение №12 того же отправителя"),
        ("x-vacation: yes", "x-vacation: yes"),
    ],
)
def test_evidence_is_said_with_what_it_names(evidence: str, said: str) -> None:
    with translation.override("ru"):
        assert say_evidence(evidence) == said
