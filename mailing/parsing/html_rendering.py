"""Render an HTML tree as text by inscriptis, with the parts that take most of its time replaced.

The text is the same to the character. The elements know a faster way to copy themselves and to
write text than one attribute and one character at a time, and a style is read once a document.
"""

from __future__ import annotations

import html
from typing import Any

from inscriptis import Inscriptis
from inscriptis.html_properties import Display, WhiteSpace
from inscriptis.model.attribute import DEFAULT_ATTRIBUTE_MAP, Attribute
from inscriptis.model.canvas.block import Block
from inscriptis.model.config import ParserConfig
from inscriptis.model.css import CssParse
from inscriptis.model.html_element import DEFAULT_HTML_ELEMENT, HtmlElement
from lxml.html import defs  # type: ignore[import-untyped]  # lxml has no types


class _Element(HtmlElement):  # type: ignore[misc]  # inscriptis has no types
    """An element of the page, and how it is laid out."""

    __slots__ = ()

    def __copy__(self) -> _Element:
        return _copy_element(self)

    def write(self, text: str) -> None:
        if text and self.display != Display.none:
            text = f"{self.prefix}{text}{self.suffix}"
            if self.whitespace == WhiteSpace.pre:
                self.canvas.write(self, text)
            else:
                _merge_text(self.canvas.current_block, text)


def _copy_element(element: HtmlElement) -> _Element:
    copy = _Element.__new__(_Element)
    copy.canvas = element.canvas
    copy.tag = element.tag
    copy.prefix = element.prefix
    copy.suffix = element.suffix
    copy.display = element.display
    copy.margin_before = element.margin_before
    copy.margin_after = element.margin_after
    copy.padding_inline = element.padding_inline
    copy.list_bullet = element.list_bullet
    copy.whitespace = element.whitespace
    copy.limit_whitespace_affixes = element.limit_whitespace_affixes
    copy.align = element.align
    copy.valign = element.valign
    copy.previous_margin_after = element.previous_margin_after
    copy.annotation = element.annotation
    return copy


def _merge_text(block: Block, text: str) -> None:
    """Append text to a line with single blanks, as `Block.merge_normal_text` does."""
    words = text.split()
    if words:
        has_blank_before = text[0].isspace() and not block.collapsable_whitespace
        block.collapsable_whitespace = text[-1].isspace()
        text = " ".join(words)
        text = f" {text}" if has_blank_before else text
        text = f"{text} " if block.collapsable_whitespace else text
    elif block.collapsable_whitespace:
        return
    else:
        block.collapsable_whitespace, text = True, " "
    text = html.unescape(text if block._content else f"{block.prefix.first}{text}")
    block._content += text
    block.idx += len(text)


class _Attributes(Attribute):  # type: ignore[misc]  # inscriptis has no types
    """The attributes that change the layout; mail has few styles, each on many elements."""

    def __init__(self) -> None:
        super().__init__()
        self.attribute_mapping = {**DEFAULT_ATTRIBUTE_MAP, "style": self._apply_style}
        self._known_declarations: dict[str, str] = {}

    def _apply_style(self, style: str, element: HtmlElement) -> None:
        known = self._known_declarations.get(style)
        if known is None:
            declarations = style.lower().split(";")
            known = self._known_declarations[style] = ";".join(filter(_is_known, declarations))
        if known:
            CssParse.attr_style(known, element)


def _is_known(declaration: str) -> bool:
    name = declaration.partition(":")[0].strip().replace("-webkit-", "").replace("-", "_")
    return hasattr(CssParse, f"attr_{name}")


_CSS = {tag: _copy_element(DEFAULT_HTML_ELEMENT) for tag in defs.tags}
_CSS |= {tag: _copy_element(element) for tag, element in ParserConfig().css.items()}


def render(tree: Any) -> str:
    """Return the text of an HTML tree; raises what inscriptis does on a tree that it cannot read.

    Images are their descriptions in brackets.
    """
    config = ParserConfig(css=_CSS, display_images=True)
    config.attribute_handler = _Attributes()
    return str(Inscriptis(tree, config).get_text())
