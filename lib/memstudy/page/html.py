"""Elements of HTML that cannot forget to escape: whatever is not an element is text."""

from __future__ import annotations

from html import escape

VOID = {"img", "input", "link", "meta"}  # elements without an end tag


class Html(str):
    """Markup that is safe to insert as it stands."""


def element(name: str, /, *children: str, **attributes: str | int | bool | None) -> Html:
    """One element, with its children in their order.

    Args:
        name: of the element.
        children: what it holds; an :class:`Html` goes in as markup, any other string as text.
        attributes: names as in HTML, with ``_`` for ``-`` and one at the end of names that Python
            keeps for itself (``class_``). True writes the name alone; None and False leave it out.

    Raises:
        ValueError: children of an element that cannot have any.
    """
    if name in VOID and children:
        raise ValueError(f"<{name}> holds nothing, but was given {len(children)} children")
    start = name + "".join(attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Html(f"<{start}>")
    return Html(f"<{start}>{joined(children)}</{name}>")


def attribute(key: str, value: str | int | bool | None) -> str:
    """One attribute with the space before it, or nothing."""
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def joined(children: tuple[str, ...] | list[str], between: str = "") -> Html:
    """Children one after the other, text escaped."""
    safe = [child if isinstance(child, Html) else escape(child) for child in children]
    return Html(between.join(safe))
