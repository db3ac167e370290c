"""Lines of code, laid out as the usual formatters do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 88
_STEP = "    "


@dataclass(frozen=True, slots=True)
class Link:
    """``.name(arguments)`` of a chain."""

    name: str
    arguments: tuple[str | Chain, ...]

    @property
    def flat(self) -> str:
        return f".{self.name}({', '.join(_flat(a) for a in self.arguments)})"


@dataclass(frozen=True, slots=True)
class Chain:
    """``head.first(...).second(...)``."""

    head: str
    links: tuple[Link, ...] = ()

    @property
    def flat(self) -> str:
        return self.head + "".join(link.flat for link in self.links)


def _flat(expression: str | Chain) -> str:
    return expression if isinstance(expression, str) else expression.flat


def expression(value: str | Chain, indent: str, *, before: str = "", after: str = "") -> list[str]:
    """An expression, with what stands before and after it, over as few lines as fit."""
    line = f"{indent}{before}{_flat(value)}{after}"
    if isinstance(value, str) or not value.links or len(line) <= WIDTH:
        return [line]
    if len(value.links) == 1:
        return _link(value.links[0], indent, before=before + value.head, after=after)
    inner = indent + _STEP
    if len(inner + value.flat) <= WIDTH:
        return [f"{indent}{before}(", inner + value.flat, f"{indent}){after}"]
    lines = [f"{indent}{before}(", f"{inner}{value.head}"]
    for link in value.links:
        lines += _link(link, inner)
    return [*lines, f"{indent}){after}"]


def _link(link: Link, indent: str, *, before: str = "", after: str = "") -> list[str]:
    line = f"{indent}{before}{link.flat}{after}"
    if len(line) <= WIDTH:
        return [line]
    lines = [f"{indent}{before}.{link.name}("]
    for each in link.arguments:
        lines += argument(each, indent)
    return [*lines, f"{indent}){after}"]


def argument(value: str | Chain, indent: str) -> list[str]:
    """One of several expressions that stand one below the other, with its comma."""
    return expression(_nested(value, indent), indent + _STEP, after=",")


def _nested(argument: str | Chain, indent: str) -> str | Chain:
    """A chain that doesn't fit into a line has its links inside each other: ``a(...).options(b(...))``."""
    if isinstance(argument, str) or len(argument.links) < 2 or argument.links[0].name == "options":
        return argument
    if len(f"{indent}{_STEP}{argument.flat},") <= WIDTH:
        return argument
    first, *rest = argument.links
    inner = Chain(f"{first.name}({', '.join(_flat(a) for a in first.arguments)})", tuple(rest))
    return Chain(argument.head, (Link("options", (inner,)),))


def returned_tuple(values: tuple[Chain, ...], indent: str) -> list[str]:
    """``return (first, second)``."""
    line = f"{indent}return ({', '.join(v.flat for v in values)}{',' if len(values) == 1 else ''})"
    if len(line) <= WIDTH:
        return [line]
    return [f"{indent}return (", *(each for v in values for each in argument(v, indent)), f"{indent})"]


def signature(start: str, parameters: Sequence[str], end: str) -> list[str]:
    """``def name(parameters) -> type:``."""
    line = f"{start}({', '.join(parameters)}){end}"
    if len(line) <= WIDTH:
        return [line]
    inner = f"{_STEP}{', '.join(parameters)}{',' if len(parameters) == 1 else ''}"
    if len(inner) <= WIDTH:
        return [f"{start}(", inner, f"){end}"]
    return [f"{start}(", *(f"{_STEP}{p}," for p in parameters), f"){end}"]


def from_import(module: str, names: Sequence[str]) -> list[str]:
    """``from module import names``."""
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return [line]
    return [f"from {module} import (", *(f"{_STEP}{name}," for name in names), ")"]
