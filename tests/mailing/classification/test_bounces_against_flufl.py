"""Our bounce detection finds every failed recipient that flufl.bounce finds.

flufl.bounce is the detector of GNU Mailman: https://flufl-bounce.readthedocs.io
"""

from collections.abc import Iterable
from email import message_from_bytes
from pathlib import Path

import pytest
from flufl.bounce import all_failures

from mailing.classification.bounces import find_bounce
from mailing.parsing.message import parse
from tests.paths import CORPUS, MAIL

# Reports in which flufl.bounce names an address that the report does not name as a recipient.
FLUFL_IS_WRONG = {
    "lhost-einsundeins-01",  # the original mail's Message-ID
    "lhost-exchange-01",  # the sender of the original mail
    "lhost-exchange2003-01",
}
# Reports whose failed recipient flufl.bounce finds, and we do not.
FLUFL_IS_BETTER = {
    "lhost-x5-01",  # it stands in a report that is itself the mail that was returned
}


def disagreements(paths: Iterable[Path]) -> tuple[int, dict[str, str]]:
    """Return how many reports flufl.bounce knows, and of which of them we say something else."""
    count, wrong = 0, {}
    for path in paths:
        raw = path.read_bytes()
        temporary, permanent = (
            {address.decode("ascii", "replace").lower() for address in addresses}
            for addresses in all_failures(message_from_bytes(raw))
        )
        if not temporary | permanent:
            continue
        count += 1
        bounce = find_bounce(parse(raw))
        if bounce is None:
            wrong[path.stem] = "not found"
        elif missing := (temporary | permanent) - set(bounce.recipients):
            wrong[path.stem] = f"without {missing}"
        elif bounce.action != ("failed" if permanent else "delayed"):
            wrong[path.stem] = f"{bounce.action} instead of {temporary=} {permanent=}"
    return count, wrong


def test_in_our_samples() -> None:
    assert disagreements(sorted(MAIL.glob("*.eml"))) == (2, {})


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no mail to try on at {CORPUS}")
def test_in_real_reports() -> None:
    reports = [*(CORPUS / "bounce").glob("*.eml"), *(CORPUS / "mime").glob("flanker-bounce*.eml")]

    count, wrong = disagreements(sorted(reports))

    assert count > 50
    assert set(wrong) == FLUFL_IS_WRONG | FLUFL_IS_BETTER
