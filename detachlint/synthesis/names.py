"""Names in the module that is written."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping

from detachlint.domain.demand import Criterion
from detachlint.domain.models import ModelGraph
from detachlint.synthesis.catalogue import SafeQuery

# What the module imports, or uses for something else.
TAKEN = frozenset(
    {
        *("Any", "AsyncSession", "InstrumentedAttribute", "ORMOption", "Sequence", "Session"),
        *("async_scoped_session", "scoped_session"),
        *("cast", "col", "joinedload", "limit", "offset", "select", "selectinload", "session", "statement"),
        *("undefer", "int", "str", "bool", "float", "bytes", "object", "tuple"),
    }
)

_SAME_IN_BOTH = ("series", "species", "news")
_SINGULARS = (
    (r"([^aeiou])ies$", r"\1y"),
    (r"(ss|x|z|ch|sh)es$", r"\1"),
    (r"([^suia])s$", r"\1"),
)


def class_names(dotted: Iterable[str]) -> Mapping[str, str]:
    """Dotted name -> the name in the module: the class's own, and before it a part of its module's name where
    two are alike.
    """
    names: dict[str, str] = {}
    ordered = sorted(set(dotted))
    for name in ordered:
        alike = [other for other in ordered if _last(other) == _last(name)]
        names[name] = _last(name)
        if len(alike) > 1 or _last(name) in TAKEN:
            names[name] = _distinct(name, [other for other in alike if other != name]) + _last(name)
    return names


def _distinct(name: str, others: list[str]) -> str:
    """The nearest part of the module's name that tells it from the others."""
    parts = name.split(".")[-2::-1]
    for index, part in enumerate(parts):
        if all(part != _part(other, index) for other in others):
            return _camel(part)
    return "".join(_camel(part) for part in reversed(parts))


def _part(name: str, index: int) -> str | None:
    parts = name.split(".")[-2::-1]
    return parts[index] if index < len(parts) else None


def _last(dotted: str) -> str:
    return dotted.rpartition(".")[2]


def _camel(part: str) -> str:
    return "".join(word.capitalize() for word in part.split("_"))


def snake(name: str) -> str:
    """``ClassInstance`` -> ``class_instance``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def singular(word: str) -> str:
    """English, for classes that are named in the plural."""
    if word.endswith(_SAME_IN_BOTH):
        return word
    for ending, instead in _SINGULARS:
        if re.search(ending, word):
            return re.sub(ending, instead, word)
    return word


def plural(word: str) -> str:
    """English, as far as class names need it."""
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    if word.endswith("sis"):
        return f"{word[:-2]}es"
    if re.search(r"(s|x|z|ch|sh)$", word):
        return f"{word}es"
    return f"{word}s"


def noun(cls: str) -> str:
    """What functions call an object of a class."""
    return singular(snake(cls))


def spaced(name: str) -> str:
    """``class_instance`` -> ``class instance``."""
    return name.replace("_", " ")


def parameter(entity: str, attribute: str) -> str:
    """The parameter for a column: ``booking_id`` for the ``id`` of a booking."""
    name = f"{entity}_id" if attribute == "id" else attribute
    return f"{name}_value" if name in TAKEN or keyword.iskeyword(name) else name


def function_names(
    graph: ModelGraph, queries: tuple[SafeQuery, ...], classes: Mapping[str, str]
) -> Mapping[SafeQuery, str]:
    """A name for each function, as short as it can be without being that of another one."""
    kinds = [q.is_async for q in queries if q.criteria is not None]
    rare = sum(kinds) * 2 < len(kinds)  # the fewer ones say in their names which they are
    short = {query: _name(graph, query, classes, rare=rare, order=False) for query in queries}
    alike = [name for name in short.values() if list(short.values()).count(name) > 1]
    names: dict[SafeQuery, str] = {}
    for query, name in short.items():
        wanted = _name(graph, query, classes, rare=rare, order=True) if name in alike else name
        number = 2
        while wanted in names.values():  # `Order` and `Orders` are both called an order
            wanted, number = f"{name}_{number}", number + 1
        names[query] = wanted
    return names


def _name(graph: ModelGraph, query: SafeQuery, classes: Mapping[str, str], *, rare: bool, order: bool) -> str:
    entity = noun(classes[query.entity])
    if query.criteria is None:
        return f"{entity}_options"
    first = "first_" if is_first(query) else ""
    name = f"safe_get_{first}{plural(entity) if query.many else entity}"
    key = graph.entities[query.entity].primary_key
    asked = [c for c in query.criteria if not c.is_none]
    if asked and (query.many or {c.attribute for c in query.criteria} != set(key)):
        name += f"_by_{_joined(asked)}"
    if len(asked) < len(query.criteria):
        name += f"_without_{_joined([c for c in query.criteria if c.is_none])}"
    if order and query.order:
        name += f"_ordered_by_{'_and_'.join(query.order)}"
    if query.is_async is rare:
        name += "_async" if query.is_async else "_sync"
    return name


def is_first(query: SafeQuery) -> bool:
    """Whether it takes one object, whichever comes first."""
    return not query.many and query.criteria == ()


def _joined(criteria: list[Criterion]) -> str:
    return "_and_".join(c.attribute for c in criteria)
