"""Arguments that travel in containers: ``args=(order,)``, ``kwargs={"order": order}``."""

from __future__ import annotations

from detachlint.domain.source import Site
from detachlint.interpret.expressions.iterate import elements_of
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.values import NONE, Const, Value


def unpacked(frame: Frame, listed: Value | None, named: Value | None, site: Site) -> Arguments:
    """The arguments that a sequence and a dictionary hold."""
    positional: list[Value] = []
    splat = False
    if listed is not None and listed != NONE:
        elements = elements_of(frame, frame.split(listed), site)
        positional += elements.items
        if elements.rest is not None:
            positional.append(elements.rest)
            splat = True
    mapping = frame.dictionary(frame.split(named)) if named is not None else None
    splat = splat or (mapping is not None and mapping.rest is not None)
    return Arguments(tuple(positional), tuple(entries(frame, named).items()), splat)


def entries(frame: Frame, value: Value | None) -> dict[str, Value]:
    """The entries of a dictionary whose keys are known strings."""
    known = frame.dictionary(frame.split(value)) if value is not None else None
    pairs = known.entries if known is not None else ()
    return {k.value: v for k, v in pairs if isinstance(k, Const) and isinstance(k.value, str)}
