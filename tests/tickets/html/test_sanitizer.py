"""What the sanitizer leaves of HTML; tests/browser/test_html.py opens it in a browser."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.hostile.samples import SAMPLES, Sample
from tests.paths import HTML
from tickets.html import allowlist, css, normalizer
from tickets.html.normalizer import TooComplex
from tickets.html.sanitizer import MAX_IMAGE_CHARACTERS, sanitize

PIXEL = "data:image/png;base64,iVBORw0KGgo="
# HTML of mail programs; beside each file is what is shown of it.
MAIL = sorted(path for path in HTML.glob("*.html") if not path.name.endswith(".shown.html"))
INLINE = ("logo", "ii_lq1", "A1B2-C3@local")

# As nh3 writes tags.
CLEAN_TAG = re.compile(r'</?([a-z][a-z0-9]*)((?: [a-z]+="[^"]*")*)>')


def sanitized(source: str) -> str:
    """Return what is shown of the HTML in a mail with the inline images."""
    return sanitize(source, image=lambda content_id: PIXEL if content_id in INLINE else None)


def sanitized_without_images(source: str) -> str:
    return sanitize(source, image=lambda content_id: None)


def test_every_sample_has_a_name_of_its_own() -> None:
    assert len({sample.name for sample in SAMPLES}) == len(SAMPLES) == 246


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_hostile_sample_is_made_harmless(sample: Sample) -> None:
    assert sanitized(sample.source) == sample.left


@pytest.mark.parametrize("path", MAIL, ids=lambda path: path.stem)
def test_what_mail_programs_write_stays_readable(path: Path) -> None:
    expected = path.with_suffix(".shown.html").read_text().rstrip("\n")

    assert sanitized(path.read_text()).rstrip("\n") == expected


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_with_images_from_elsewhere_a_hostile_sample_gets_nothing_but_these(sample: Sample) -> None:
    clean = sanitize(sample.source, image=lambda _id: None, remote_images=True)

    tags = "".join(tag[0] for tag in CLEAN_TAG.finditer(clean))
    sources = re.findall(r' src="([^"]*)"', tags)
    assert all(source.lower().startswith(("https://", "http://")) for source in sources)
    assert unexpected_in(clean) == []


# --- Any HTML -----------------------------------------------------------------------------------
FRAGMENTS = st.sampled_from(
    [
        *(
            f"<{name}>"
            for name in sorted(
                allowlist.TAGS | allowlist.DROPPED_WITH_CONTENT | allowlist.SHOWN_AS_DIV
            )
        ),
        *(f"</{name}>" for name in sorted(allowlist.TAGS | allowlist.DROPPED_WITH_CONTENT)),
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
ANY_HTML = st.lists(FRAGMENTS | st.text(max_size=5), max_size=30).map("".join)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(ANY_HTML)
@example('<img src="http://x.example/x.gif" width=1 height=1 alt="">\n')
def test_sanitizing_again_changes_nothing(source: str) -> None:
    try:
        clean = sanitized_without_images(source)
    except TooComplex:
        return

    assert sanitized_without_images(clean) == clean
    assert unexpected_in(clean) == []


def unexpected_in(clean: str) -> list[str]:
    """Return what is neither text nor an allowed tag in the form that nh3 writes."""
    rest = CLEAN_TAG.sub(lambda tag: "" if tag[1] in allowlist.TAGS else tag[0], clean)
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
    style = css.filter_style(";".join(f"{name}:{value}" for name in names)) or ""

    assert not re.search(r"""[\\<>{}@!"'*\x00-\x1f]|url|-\d|(?<!rgb)(?<!rgba)(?<!hsl)\(""", style)
    assert css.filter_style(style) == (style or None)
    assert {
        declaration.split(":")[0] for declaration in style.split(";") if declaration
    } <= css.PROPERTIES


# --- Images -------------------------------------------------------------------------------------
def test_an_image_is_looked_up_by_its_decoded_content_id() -> None:
    content_ids: list[str] = []

    sanitize('<img src="cid:a%20b@x"><img src="CID:&lt;c&gt;"><img>', image=content_ids.append)

    assert content_ids == ["a b@x", "<c>"]


def test_an_image_from_elsewhere_stays_when_it_is_asked_for() -> None:
    source = (
        '<img src="https://x.example/a?b=1&amp;c=2" alt="photo" width="9" srcset="y" loading=x>'
    )

    assert sanitize(source, image=lambda _id: None) == "photo"
    assert sanitize(source, image=lambda _id: None, remote_images=True) == (
        '<img src="https://x.example/a?b=1&amp;c=2" alt="photo" width="9">'
    )


@pytest.mark.parametrize(
    "source", ["//x.example/a", "/a", "ftp://x.example/a", "http:\\\\x", "file:///a", "https://x y"]
)
def test_only_an_image_of_a_web_server_stays(source: str) -> None:
    clean = sanitize(f'<img src="{source}" alt="x">', image=lambda _id: None, remote_images=True)

    assert clean == "x"


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
    assert sanitize('<img src="cid:a" alt="снимок">', image=lambda _: uri) == "снимок"


def test_images_beyond_the_limit_are_replaced_by_their_text() -> None:
    large = "data:image/png;base64," + "A" * (MAX_IMAGE_CHARACTERS // 2)

    clean = sanitize('<img src="cid:a" alt="one">' * 3, image=lambda _: large)

    assert clean == f'<img src="{large}" alt="one">oneone'


# --- Limits -------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.timeout(20)  # nh3 alone would take minutes or gigabytes
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
        "<" * normalizer.MAX_CHARACTERS,
        "x" * (normalizer.MAX_CHARACTERS + 1),
    ],
    ids=["div", "b", "closed", "tables", "reopened", "fostered", "br", "nbsp", "brackets", "size"],
)
def test_html_that_would_take_too_long_is_refused(source: str) -> None:
    with pytest.raises(TooComplex):
        sanitized_without_images(source)


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
        ("x" * normalizer.MAX_CHARACTERS, normalizer.MAX_CHARACTERS),
        ("<div>" * 390 + "x" + "</div>" * 390, 390 * 11 + 1),
    ],
    ids=["comments", "titles", "name", "attributes", "style", "value", "text", "depth"],
)
def test_large_but_simple_html_is_sanitized_within_the_timeout(source: str, length: int) -> None:
    assert len(sanitized_without_images(source)) == length
