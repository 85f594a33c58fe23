"""Light Markdown in what operators write: what is markup, what stays text, and that it is quick."""

import re

import pytest

from tickets.html.markdown import render_markdown
from tickets.templatetags.light_markdown import light_markdown


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold** and *italics*", "<p><strong>bold</strong> and <em>italics</em></p>"),
        ("__bold__ and _italics_", "<p><strong>bold</strong> and <em>italics</em></p>"),
        ("«**жирный**», да", "<p>«<strong>жирный</strong>», да</p>"),
        ("`a <b>`", "<p><code>a &lt;b&gt;</code></p>"),
        ("```sh\n> a *b*\n```", "<pre><code>&gt; a *b*\n</code></pre>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>'),
        ("a\nb\n\nc", "<p>a<br>\nb</p>\n<p>c</p>"),
        ("[it](https://x.example/a_b)", '<p><a href="https://x.example/a_b">it</a></p>'),
        ("*https://x.example/a_b*", None),
        ("> q **q**\n\na", "<blockquote>\n<p>q **q**</p>\n</blockquote>\n<p>a</p>"),
    ],
)
def test_markup_becomes_html(text: str, html: str | None) -> None:
    html = html or '<p><em><a href="https://x.example/a_b">https://x.example/a_b</a></em></p>'

    assert render_markdown(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "#12 is the number",
        "# no heading",
        "2*3*4 and snake_case_name",
        "a * b * c",
        "---",
        "* * *",
        "+ 7 metres",
        "100000. no list",
        r"C:\*.txt",
        "[it](javascript:alert(1))",
        "[it](data:text/html,x)",
        "```",
        "**open",
    ],
)
def test_what_people_write_anyway_stays_text(text: str) -> None:
    assert render_markdown(text) == f"<p>{text}</p>"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<b onclick='x'>", "<p>&lt;b onclick=&#x27;x&#x27;&gt;</p>"),
        ("&amp;", "<p>&amp;amp;</p>"),
        ("    a\n  b  c", "<p>&nbsp;&nbsp;&nbsp;&nbsp;a<br>\n&nbsp;&nbsp;b &nbsp;c</p>"),
        ('[x](https://a/"onclick="x)', None),
    ],
)
def test_html_and_spaces_are_kept_as_they_were_typed(text: str, html: str | None) -> None:
    shown = render_markdown(text)

    assert shown == html if html else not re.search(r"<[^>]*onclick", shown)


def test_a_signature_is_no_markdown() -> None:
    html = render_markdown("**a**\n\n-- \n**Мария**\n- тел. 5")

    assert html == "<p><strong>a</strong></p>\n<p>-- <br>\n**Мария**<br>\n- тел. 5</p>"


def test_links_open_in_a_new_tab_of_the_desk() -> None:
    shown = light_markdown("https://x.example/ <a href=x>")

    assert shown.count('<a target="_blank" rel="noopener noreferrer" href="https://x.') == 1
    assert shown.count("<a ") == 1


@pytest.mark.parametrize(
    "piece",
    [
        "[",
        "[a](",
        "[[](",
        "http:",
        "*a ",
        "**",
        "*a _b ",
        "> ",
        "- ",
        "- a\n",
        "1.\n",
        "```\n",
        "`",
    ],
)
@pytest.mark.timeout(30)
def test_a_hostile_text_is_no_long_work(piece: str) -> None:
    text = piece * (100_000 // len(piece))

    # Where time grows with the square of the length, it takes minutes.
    assert render_markdown(text)
