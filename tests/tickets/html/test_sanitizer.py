"""What is left of a stranger's HTML; tests/browser/test_html.py opens it in a browser."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile import SAMPLES, Sample
from tests.paths import HTML
from tickets.html import allowlist, css, normalizer
from tickets.html.normalizer import TooComplex
from tickets.html.sanitizer import IMAGE_CHARACTERS, sanitise

PIXEL = "data:image/png;base64,iVBORw0KGgo="
# What mail programs write, and beside each what is shown of it.
MAIL = sorted(path for path in HTML.glob("*.html") if not path.name.endswith(".shown.html"))
INLINE = ("logo", "ii_lq1", "A1B2-C3@local")

CLEAN_TAG = re.compile(r'</?([a-z][a-z0-9]*)((?: [a-z]+="[^"]*")*)>')


def shown(source: str) -> str:
    return sanitise(source, image=lambda content_id: PIXEL if content_id in INLINE else None)


def without_images(source: str) -> str:
    return sanitise(source, image=lambda content_id: None)


def test_every_sample_has_a_name_of_its_own() -> None:
    assert len({sample.name for sample in SAMPLES}) == len(SAMPLES) == 246


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_of_a_hostile_sample_this_is_left(sample: Sample) -> None:
    assert shown(sample.source) == sample.left


@pytest.mark.parametrize("path", MAIL, ids=lambda path: path.stem)
def test_what_mail_programs_write_stays_readable(path: Path) -> None:
    expected = path.with_suffix(".shown.html").read_text().rstrip("\n")

    assert shown(path.read_text()).rstrip("\n") == expected


# --- Whatever comes -----------------------------------------------------------------------------
PIECES = st.sampled_from(
    [
        *(f"<{name}>" for name in sorted(allowlist.TAGS | allowlist.UNSEEN | allowlist.AS_DIV)),
        *(f"</{name}>" for name in sorted(allowlist.TAGS | allowlist.UNSEEN)),
        *("<body bgcolor=red>", "<form>", "</form>", "<select>", "<option>", "<button>", "<math>"),
        *("<textarea>", "</textarea>", "<noscript>", "</noscript>", "<plaintext>", "<listing>"),
        *("<mtext>", "<foreignObject>", "<annotation-xml encoding=text/html>", "<desc>", "<image>"),
        *("<!--", "-->", "<![CDATA[", "]]>", "<?x", "&lt;", "&amp;lt;", "&#0;", "\0", "&nbsp;"),
        *("<", ">", '"', "'", "`", "=", "/", "\n", "\n\n", " ", "x", "\f", "\ud800", "\ufeff"),
        *(
            '<p title="',
            "<a href=http://x/>",
            '<a href="java&#9;script:x">',
            "<img src=x onerror=y",
        ),
        *(
            '<p style="color:red;position:fixed">',
            "<td bgcolor=#fff>",
            "<font color=red>",
            "<b a=1>",
        ),
        *("<img alt='\n a ' src=cid:logo>", "<img src=http://x/>", "<li value=3>", "<b a=2>"),
        *(sample.source for sample in SAMPLES if len(sample.source) < 1000),
    ]
)
SOUP = st.lists(PIECES | st.text(max_size=5), max_size=30).map("".join)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(SOUP)
def test_what_is_clean_is_not_changed_again(source: str) -> None:
    try:
        clean = without_images(source)
    except TooComplex:
        return

    assert without_images(clean) == clean
    assert unknown_in(clean) == []


def unknown_in(clean: str) -> Iterable[str]:
    """Return what is neither text nor a known tag in the form that nh3 writes."""
    known = allowlist.TAGS
    rest = CLEAN_TAG.sub(lambda tag: "" if tag[1] in known else tag[0], clean)
    return re.findall(r"[<>\0].{0,20}", rest)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from([*sorted(css.PROPERTIES), "position", "b\\61ckground", "--x"]),
        min_size=1,
        max_size=5,
    ),
    st.text(alphabet="0189.-+%#px emurl(),/*\\\"'!;:redautoimportant\0\n", max_size=30),
)
def test_a_style_keeps_nothing_that_loads_moves_or_computes(names: list[str], value: str) -> None:
    kept = css.filtered(";".join(f"{name}:{value}" for name in names)) or ""

    assert not re.search(r"""[\\<>{}@!"'*\x00-\x1f]|url|-\d|(?<!rgb)(?<!rgba)(?<!hsl)\(""", kept)
    assert css.filtered(kept) == (kept or None)
    assert {one.split(":")[0] for one in kept.split(";") if one} <= css.PROPERTIES


# --- Images -------------------------------------------------------------------------------------
def test_an_image_is_asked_for_by_its_content_id_as_it_stands_in_the_mail() -> None:
    asked: list[str] = []

    sanitise('<img src="cid:a%20b@x"><img src="CID:&lt;c&gt;"><img>', image=asked.append)

    assert asked == ["a b@x", "<c>"]


@pytest.mark.parametrize(
    "uri",
    [
        "data:image/svg+xml;base64,PHN2Zz4=",
        "data:text/html;base64,PHN2Zz4=",
        'data:image/png;base64,"onerror=alert(1)',
        "https://canary.example/x.png",
        "",
    ],
)
def test_only_a_raster_image_is_put_into_the_page(uri: str) -> None:
    assert sanitise('<img src="cid:a" alt="снимок">', image=lambda _: uri) == "снимок"


def test_images_beyond_the_room_for_them_give_way_to_their_text() -> None:
    large = "data:image/png;base64," + "A" * (IMAGE_CHARACTERS // 2)

    clean = sanitise('<img src="cid:a" alt="one">' * 3, image=lambda _: large)

    assert clean == f'<img src="{large}" alt="one">oneone'


# --- Limits -------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.timeout(20)  # most are read in a moment; nh3 alone would take minutes or gigabytes
@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 100_000,
        "<b>" * 100_000,
        "<div>" * 100_000 + "</div>" * 100_000,
        "<table><tr><td>" * 10_000,
        "<p>" + "".join(f"<b title={n}>" for n in range(30)) + "<address>x</address>" * 40_000,
        "<table>" + "".join(f"<b title={n}>" for n in range(30)) + "x<tr></tr>" * 40_000,
        "<br>" * 100_000,
        "&nbsp;x" * 200_000,
        "<" * normalizer.CHARACTERS,
        "x" * (normalizer.CHARACTERS + 1),
    ],
    ids=["div", "b", "closed", "tables", "reopened", "fostered", "br", "nbsp", "brackets", "size"],
)
def test_what_would_take_too_long_is_refused(source: str) -> None:
    with pytest.raises(TooComplex):
        without_images(source)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("source", "length"),
    [
        ("<!--" * 400_000, 0),
        ("<title>" * 200_000, 0),
        ("<p " + "x" * 1_900_000 + ">x</p>", 8),
        ("<p " + " ".join(f"x{n}=1" for n in range(200_000)) + ">x</p>", 8),
        ('<p style="' + "color:red;" * 100_000 + '">x</p>', 8),
        ('<p title="' + "x" * 1_900_000 + '">x</p>', 8),
        ("x" * normalizer.CHARACTERS, normalizer.CHARACTERS),
        ("<div>" * 390 + "x" + "</div>" * 390, 390 * 11 + 1),
    ],
    ids=["comments", "titles", "name", "attributes", "style", "value", "text", "depth"],
)
def test_what_is_large_but_plain_is_read_in_a_moment(source: str, length: int) -> None:
    assert len(without_images(source)) == length
