"""Strings that are known: names of methods, attributes and handlers are put together from parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import Formatter

from detachlint.domain.source import Site
from detachlint.interpret.expressions.iterate import elements_of
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.library.arguments import node_at
from detachlint.interpret.objects import enums
from detachlint.interpret.values import Const, Unknown, Value

# Methods of str that take no arguments but strings.
_METHODS: dict[str, Callable[..., str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "casefold": str.casefold,
    "title": str.title,
    "capitalize": str.capitalize,
    "swapcase": str.swapcase,
    "strip": str.strip,
    "lstrip": str.lstrip,
    "rstrip": str.rstrip,
    "removeprefix": str.removeprefix,
    "removesuffix": str.removesuffix,
    "replace": str.replace,
}
_TESTS: dict[str, Callable[..., bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "isupper": str.isupper,
    "islower": str.islower,
    "isdigit": str.isdigit,
}


def formatted(frame: Frame, words: tuple[str, ...], values: Sequence[Value]) -> Value | None:
    """A formatted string, where its fields are known; ``words`` is the text around them."""
    if len(words) != len(values) + 1:
        return None
    text = words[0]
    for value, word in zip(values, words[1:], strict=True):
        if not isinstance(value, Const) or not isinstance(value.value, (str, int)):
            return None
        if enums.owner(frame, value) is not None:
            return None  # its text differs between versions of Python
        text += str(value.value) + word
    return Const(text)


def affixes_of_format(words: tuple[str, ...]) -> tuple[str, str] | None:
    """What a formatted string begins and ends with; ``words`` is the text around its fields."""
    return _affixes(words[0], words[-1]) if words else None


def affixes_of_sum(left: Value, right: Value) -> tuple[str, str] | None:
    """What ``left + right`` begins and ends with, where one of them is not known."""
    return _affixes(_affix(left, 0), _affix(right, 1))


def _affixes(start: str, end: str) -> tuple[str, str] | None:
    """None where they are no parts of a name: other texts are not told apart by them."""
    is_name = all(not text or f"x{text}".isidentifier() for text in (start, end))
    return (start, end) if is_name and (start or end) else None


def _affix(part: Value, side: int) -> str:
    if isinstance(part, Unknown):
        return part.affixes[side] if part.affixes is not None else ""
    return part.value if isinstance(part, Const) and isinstance(part.value, str) else ""


def fill(frame: Frame, template: str, args: Arguments, site: Site) -> None:
    """``"{order.customer.name}".format(order=order)`` reads what its fields name."""
    from detachlint.interpret.expressions.operators import to_text
    from detachlint.interpret.objects.attribute import get_attribute

    try:
        fields = [(f, conversion) for _, f, _, conversion in Formatter().parse(template) if f is not None]
    except ValueError:
        return
    for number, (field, conversion) in enumerate(fields):
        first, *rest = field.split(".")
        key = first or str(number)
        given = args.get(key) if not key.isdigit() else args.get("", int(key))
        if given is None or any(not name.isidentifier() for name in rest):
            continue
        value = given
        for name in rest:
            value = get_attribute(frame, value, name, node_at(site))
        to_text(frame, frame.split(value), "__repr__" if conversion in ("r", "a") else "__str__", site)


def joined(frame: Frame, separator: Value, parts: Value, site: Site) -> Value:
    """``".".join(parts)``, which reads the parts."""
    elements = elements_of(frame, frame.split(parts), site)
    texts = [i.value for i in elements.items if isinstance(i, Const) and isinstance(i.value, str)]
    known = elements.rest is None and texts and len(texts) == len(elements.items)
    if known and isinstance(separator, Const) and isinstance(separator.value, str):
        return Const(separator.value.join(texts))
    return frame.unknown("string")


def method(receiver: str, name: str, args: tuple[Value, ...]) -> Value | None:
    """``"Order".lower()`` and its like, where the arguments are known."""
    given = [a.value for a in args if isinstance(a, Const) and isinstance(a.value, str)]
    known = _METHODS.get(name) or _TESTS.get(name)
    if known is None or len(given) != len(args):
        return None
    try:
        return Const(known(receiver, *given))
    except TypeError:
        return None
