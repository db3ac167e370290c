"""How many reads of relationship attributes have a receiver that the interpreter knows.

The denominator are the places in the program's own code that read ``x.name`` where ``name`` is a relationship
of some mapped class, minus those whose receiver is known to be something else (a class in a query, a schema):
the interpreter has seen that, or the text says so (``receivers.py``). Tests beside the code are not counted.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from functools import cache

from detachlint.domain.models import ModelGraph
from detachlint.domain.source import Site
from detachlint.frameworks.base import Nothing
from detachlint.frameworks.sqlalchemy.observers.unresolved import mentioned
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Base, EntityObject
from detachlint.interpret.values import InstanceState, Ref, Unknown, Value
from detachlint.resolve.program import Program
from detachlint.resolve.test_code import is_test
from tests.corpus.receivers import plainly_no_entities

# The best that was seen of a receiver in any context wins.
_RANK = ("query", "new", "annotated", "other", "unknown", "not run")

# Modules of the standard library whose functions may return what they are given.
_GIVE_WHAT_THEY_GET = frozenset(
    {"asyncio", "builtins", "collections", "concurrent", "contextlib", "contextvars", "copy", "functools"}
    | {
        "heapq",
        "importlib",
        "inspect",
        "itertools",
        "multiprocessing",
        "operator",
        "pickle",
        "queue",
        "random",
    }
    | {"shelve", "threading", "types", "typing", "unittest", "weakref"}
)

# Libraries that map classes, and those whose capitalised functions stand for something that they inject.
_MAY_GIVE_ENTITIES = frozenset({"sqlalchemy", "sqlmodel", "factory", "polyfactory"}) | frozenset(
    {"fastapi", "pydantic", "litestar", "dependency_injector", "dishka", "injector", "taskiq", "faststream"}
)


@dataclass
class Receivers(Nothing):
    """A framework that answers nothing and watches each attribute access.

    Args:
        names: the relationship attributes of the program.
    """

    names: frozenset[str]
    seen: dict[Site, tuple[str, str]] = field(default_factory=dict)

    def member(self, frame: Frame, receiver: Value, name: str, site: Site) -> Value | None:
        if name in self.names:
            kind = _kind(frame, receiver)
            known = self.seen.get(site)
            if known is None or _RANK.index(kind[0]) < _RANK.index(known[0]):
                self.seen[site] = kind
        return None


def _kind(frame: Frame, receiver: Value) -> tuple[str, str]:
    if isinstance(receiver, Unknown):
        own = receiver.type.partition(".")[0] in _packages(frame.machine.program)
        kind = "other" if not own and _is_of_library(receiver) else "unknown"
        return kind, f"{receiver.reason} {receiver.type}".strip()
    obj = frame.get(receiver) if isinstance(receiver, Ref) else None
    if isinstance(obj, EntityObject):
        if obj.base is Base.UNKNOWN:
            return "annotated", obj.entity
        return ("new" if obj.base is Base.FRESH else "query"), obj.entity
    if isinstance(receiver, InstanceState):
        return "query", receiver.view
    return "other", type(receiver if obj is None else obj).__name__


def _is_of_library(value: Unknown) -> bool:
    """Whether a value of which nothing else is known is an object that a library has made: no entity."""
    root = value.type.partition(".")[0]
    match value.reason:
        case "context manager of a library":
            return True
        case "value of a library's type":
            return root not in ("", "sqlalchemy", "sqlmodel")
        case "result of a library call":
            if root in sys.stdlib_module_names:
                return root not in _GIVE_WHAT_THEY_GET
            return _names_a_class(value.type) and root not in _MAY_GIVE_ENTITIES
        case _:
            return False


def _names_a_class(dotted: str) -> bool:
    return dotted.rpartition(".")[2][:1].isupper()


@cache
def _packages(program: Program) -> frozenset[str]:
    """The packages that the program is a part of, what is not analysed of them included."""
    return frozenset(module.name.partition(".")[0] for module in program.modules.values())


@dataclass(frozen=True, slots=True)
class UnknownRead:
    """A read whose receiver the interpreter doesn't know."""

    site: Site
    attribute: str
    reason: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """Reads by what is known of their receiver.

    Args:
        kinds: query, new, annotated, other, unknown, not run.
        reasons: why receivers are unknown.
    """

    kinds: Counter[str]
    reasons: Counter[str]
    unknown: tuple[UnknownRead, ...]

    @property
    def share(self) -> float:
        """Known receivers that are entities, of all that are or may be entities."""
        known = self.kinds["query"] + self.kinds["new"] + self.kinds["annotated"]
        total = known + self.kinds["unknown"] + self.kinds["not run"]
        return known / total if total else 1.0


def resolution(program: Program, graph: ModelGraph, receivers: Receivers) -> Resolution:
    """Put the reads that the source has beside those that the interpreter saw."""
    excluded = plainly_no_entities(program, graph)
    kinds: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    unknown: list[UnknownRead] = []
    tests = {module.path for module in program.modules.values() if is_test(module)}
    for site, name in mentioned(program, receivers.names):
        if site.path in tests:
            continue
        kind, detail = receivers.seen.get(site, ("not run", "never interpreted"))
        if kind in ("unknown", "not run") and site in excluded:
            kind = "other"
        kinds[kind] += 1
        if kind in ("unknown", "not run"):
            reasons[detail] += 1
            unknown.append(UnknownRead(site, name, detail))
    return Resolution(kinds, reasons, tuple(unknown))
