"""The documents' links and the files that they name exist."""

import re
from pathlib import Path

import pytest

from tests.paths import ROOT

APPS = ("config", "operators", "tickets", "mailing", "tasks")
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(path for folder in ("docs", *APPS) for path in (ROOT / folder).rglob("*.md")),
    ]
)
IN_REPOSITORY = "|".join((*APPS, "tests", "docs", "requirements"))


def without_code(document: Path) -> str:
    """Return a document's text without its fenced code blocks."""
    text = document.read_text()
    return re.sub(r"^[ ]*```.*?^[ ]*```", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(document: Path) -> set[str]:
    """Return the anchors that GitHub gives to a document's headings."""
    headings = re.findall(r"^#+ (.+)$", without_code(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def name_of(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_a_link_leads_to_a_file_and_to_a_heading_in_it(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)", without_code(document))

    broken = []
    for path, anchor in targets:
        target = document.parent / path if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(f"{path}#{anchor}" if anchor else path)
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_a_file_that_is_named_exists(document: Path) -> None:
    names = re.findall(rf"`((?:{IN_REPOSITORY})/[\w./*-]*)`", without_code(document))

    assert [name for name in names if not list(ROOT.glob(name))] == []
