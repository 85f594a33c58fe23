"""What a reader sees of HTML: descriptions of images, and nothing that is hidden."""

from __future__ import annotations

import time

import pytest

from mailing.parsing import html_to_text

FILL = "&#847;&zwnj;&nbsp;" * 30
# From a size at which tags are stripped.
LARGE = "<i></i>" * 80_000


@pytest.mark.parametrize(
    "rest", ["", pytest.param(LARGE, marks=pytest.mark.slow)], ids=["small", "large"]
)
@pytest.mark.parametrize(
    "preheader",
    [
        '<div style="display:none">Preview</div>',
        "<div style='DISPLAY : none !important; font-size:1px'>Preview</div>",
        '<span class=p style="visibility:hidden">Preview <b>this</b></span>',
        '<div style="max-height:0px;overflow:hidden">Preview <div>this</div></div>',
        '<div style="opacity:0.0">Preview</div>',
        '<div style="height:0;width:0px">Preview</div>',
        "<div hidden>Preview</div>",
        '<div style="position:absolute;left:-9999px">Preview</div>',
        '<div style="text-indent:-999em">Preview</div>',
        '<div style="width:1px;height:1px;overflow:hidden">Preview</div>',
        '<div style="position:absolute;clip:rect(0 0 0 0)">Preview</div>',
        f'<div style="display:none;max-height:0">Preview{FILL}</div>',
    ],
)
def test_a_hidden_preheader_is_not_text(preheader: str, rest: str) -> None:
    assert html_to_text.convert(f"<body>{preheader}<p>Hello</p>{rest}</body>").strip() == "Hello"


@pytest.mark.parametrize(
    "sheet",
    [
        ".pre { display:none !important; }",
        "p{} /* } */ span.pre, .other{font-size:1px;max-height:0;\noverflow:hidden}",
        "#pre{display:none} @media print { #pre{display:block} }",
    ],
)
def test_what_a_style_sheet_hides_is_not_text(sheet: str) -> None:
    html = f'<style>{sheet}</style><span id=pre class="a pre">Preview</span><p>Hello</p>'

    assert html_to_text.convert(html).strip() == "Hello"


@pytest.mark.parametrize(
    "sheet", ["@media print { .pre{display:none} }", ".pre .a{display:none}", ".pre{display:none"]
)
def test_other_rules_of_a_style_sheet_hide_nothing(sheet: str) -> None:
    html = f'<style>{sheet}</style><span class="pre">Hello</span>'

    assert html_to_text.convert(html).strip() == "Hello"


def test_an_elements_own_style_counts_before_the_style_sheet() -> None:
    html = '<style>.a{display:none}</style><p class=a style="display:block">Hello</p><p>x</p>'

    assert html_to_text.convert(html).split() == ["Hello", "x"]


@pytest.mark.parametrize(
    "style", ["font-size:0", "font-size:0px !important", "font-size:1px;line-height:1px"]
)
def test_text_without_a_size_is_not_text(style: str) -> None:
    html = f'<div style="{style}">Preview<b>x</b>y<p style="font-size:14px">Hello</p>z</div>'

    assert html_to_text.convert(html).strip() == "Hello"


def test_what_fills_up_a_preheader_is_left_out() -> None:
    assert html_to_text.convert(f"<p>News{FILL}</p><p>Hello</p>").split() == ["News", "Hello"]


def test_characters_without_width_stay_between_letters() -> None:
    words = "می\u200cخواهم \N{WOMAN}\u200d\N{PERSONAL COMPUTER}"

    assert html_to_text.convert(f"<p>{words}</p>") == words


@pytest.mark.parametrize(
    "style",
    ["display:block", "height:0", "opacity:0.5", "font-size:0.9em"],
)
def test_what_is_visible_is_text(style: str) -> None:
    assert html_to_text.convert(f'<div style="{style}">Hello</div>').strip() == "Hello"


@pytest.mark.parametrize(
    "rest", ["", pytest.param(LARGE, marks=pytest.mark.slow)], ids=["small", "large"]
)
def test_links_and_images_keep_their_text(rest: str) -> None:
    html = (
        '<a href="http://a.example/x">Confirm</a> <a href="http://a.example/y">'
        f'<img src="cid:a" alt="Track &amp; trace"></a><img src="p.gif" alt="">{rest}'
    )

    assert html_to_text.convert(html).split() == ["Confirm", "[Track", "&", "trace]"]


@pytest.mark.parametrize(
    "unit",
    [
        '<p style="display:none">',
        "<p style=",
        "<img alt=",
        "<p hidden",
        "\u034f ",
        "\u034f" + " " * 99,
    ],
)
def test_hidden_text_is_looked_for_in_linear_time(unit: str) -> None:
    began = time.process_time()

    html_to_text.convert(unit * (2_000_000 // len(unit)))

    assert time.process_time() - began < 5


def test_a_length_with_hundreds_of_digits_costs_no_text() -> None:
    assert (
        html_to_text.convert(f"<p style='margin-top:{'9' * 400}em'>The words.</p>") == "The words."
    )
