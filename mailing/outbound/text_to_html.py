"""Make the HTML of an outgoing mail from its text, which may have light Markdown in it."""

from tickets.html.markdown import render_markdown

# Mail programs know no style sheets, and "cite" has them fold the quote.
_QUOTE = (
    '<blockquote type="cite"'
    ' style="margin: 0 0 0 0.8ex; border-left: 1px solid #ccc; padding-left: 1ex">'
)


def to_html(text: str) -> str:
    """Return a document with the same words as the text, every character escaped."""
    body = render_markdown(text, quote=_QUOTE)
    return f'<html><head><meta charset="utf-8"></head><body>\n{body}\n</body></html>\n'
