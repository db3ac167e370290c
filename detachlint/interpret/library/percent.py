"""``"%s of %r" % values``, and how logging writes: which methods of the values make their text.

Source: "printf-style String Formatting" in the library reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from detachlint.domain.source import Site
from detachlint.interpret.frame import Frame
from detachlint.interpret.values import Const, Tuple, Value

_FIELD = re.compile(
    r"%(?:\((?P<name>[^)]*)\))?[#0\- +]*(?P<width>\*|\d+)?"
    r"(?:\.(?P<precision>\*|\d*))?[hlL]?(?P<kind>[a-zA-Z%])"
)
# Numbers have no text of their own; "%a" is the repr in ASCII.
_METHODS = {"s": "__str__", "r": "__repr__", "a": "__repr__"}


def fill(frame: Frame, template: Value, given: Value, site: Site) -> None:
    """``template % given``: a tuple is one value for each field, a mapping one for each name."""
    mapping = frame.dictionary(given)
    if mapping is not None and isinstance(template, Const):
        named = {key.value: value for key, value in mapping.entries if isinstance(key, Const)}
        for name, method in _named_fields(str(template.value)):
            if name in named:
                _show(frame, named[name], method, site)
        return
    write(frame, template, given.items if isinstance(given, Tuple) else (given,), site)


def write(frame: Frame, template: Value, values: Sequence[Value], site: Site) -> None:
    """The template with the values in its fields; each is shown by ``str`` where the template is unknown."""
    known = isinstance(template, Const) and isinstance(template.value, str) and "%" in template.value
    methods = list(_fields(str(template.value))) if known and isinstance(template, Const) else []
    for number, value in enumerate(values):
        _show(frame, value, methods[number] if number < len(methods) else "__str__", site)


def _show(frame: Frame, value: Value, method: str, site: Site) -> None:
    from detachlint.interpret.expressions.operators import to_text

    if method:
        to_text(frame, frame.split(value), method, site)


def _fields(template: str) -> Iterator[str]:
    """For each value that the template takes, by position: the method that makes its text, or ""."""
    for found in _FIELD.finditer(template):
        yield from ("" for part in (found["width"], found["precision"]) if part == "*")
        if found["kind"] != "%":
            yield _METHODS.get(found["kind"], "")


def _named_fields(template: str) -> Iterator[tuple[str, str]]:
    for found in _FIELD.finditer(template):
        if found["name"] is not None:
            yield found["name"], _METHODS.get(found["kind"], "")
