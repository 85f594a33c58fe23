"""Show operators' texts with the light Markdown that they were written in."""

from django import template
from django.utils.safestring import SafeString, mark_safe

from tickets.html.markdown import render_markdown

register = template.Library()

_IN_A_NEW_TAB = '<a target="_blank" rel="noopener noreferrer" href='


@register.filter
def light_markdown(text: str) -> SafeString:
    """Return the HTML of an operator's text; its links open in a new tab."""
    html = render_markdown(text).replace("<a href=", _IN_A_NEW_TAB)
    return mark_safe(html)  # noqa: S308 - everything that is not our markup is escaped
