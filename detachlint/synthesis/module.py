"""The text of the module."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from detachlint.domain.demand import Criterion, QueryDemand
from detachlint.domain.models import ModelGraph, Relationship
from detachlint.synthesis import layout
from detachlint.synthesis.catalogue import SafeQuery, catalogue
from detachlint.synthesis.imports import Imports
from detachlint.synthesis.layout import Chain, Link
from detachlint.synthesis.loading import Load, each_of, in_words, joins_collection, loads_of
from detachlint.synthesis.names import class_names, function_names, is_first, noun, parameter, plural, spaced
from detachlint.synthesis.session_types import session_type

_INDENT = "    "
_BUILTIN = frozenset({"int", "str", "bool", "float", "bytes"})
# Loader options that are called as functions; as methods of another one they need no import.
_OPTION = re.compile(r"(?<!\.)\b(joinedload|selectinload|undefer)\(")
_HEAD = '''\
"""Queries that load what their callers read.

Written by `detachlint helpers` from what the program reads of its objects: each
function gives objects on which that can be read when their session is closed.
"""
'''


def write_module(
    graph: ModelGraph, demands: Iterable[QueryDemand], registries: frozenset[str] = frozenset()
) -> str:
    """The module, or "" when the program reads nothing that a query has to load along.

    Args:
        registries: the registries of sessions that the program uses in place of sessions.
    """
    queries = tuple(q for q in catalogue(graph, demands) if loads_of(graph, q.entity, q.ways))
    if not queries:
        return ""
    classes = class_names(_classes(graph, queries))
    names = function_names(graph, queries, classes)
    program = frozenset(e.module.partition(".")[0] for e in graph.entities.values())
    imports = Imports(classes, program)
    functions = [_Writer(graph, query, names[query], imports, registries).lines() for query in queries]
    for option in sorted(set(_OPTION.findall("\n".join(line for lines in functions for line in lines)))):
        imports.of("sqlalchemy.orm", option)
    blocks = [_HEAD, *_silenced(queries, graph), *imports.lines()]
    for lines in functions:
        blocks += ["", "", *lines]
    return "\n".join(blocks) + "\n"


def _silenced(queries: Iterable[SafeQuery], graph: ModelGraph) -> list[str]:
    """What no annotation tells type checkers of: else each option for it is an error to them."""
    codes: set[str] = set()
    for query in queries:
        for load in each_of(loads_of(graph, query.entity, query.ways)):
            if isinstance(load.attribute, Relationship) and not load.attribute.is_typed:
                codes.add("attr-defined" if load.attribute.synthetic else "arg-type")
    if not codes:
        return []
    listed = ", ".join(sorted(codes))
    return ["# Relationships without an annotation:", f'# mypy: disable-error-code="{listed}"', ""]


def _classes(graph: ModelGraph, queries: Iterable[SafeQuery]) -> set[str]:
    """The classes that the module names."""
    found: set[str] = set()
    for query in queries:
        found.add(query.entity)
        found |= {load.owner for load in each_of(loads_of(graph, query.entity, query.ways))}
        found |= {c.type for c in query.criteria or () if "." in c.type and not c.is_none}
    return found


class _Writer:
    """Writes one function, and notes what it has to import."""

    def __init__(
        self, graph: ModelGraph, query: SafeQuery, name: str, imports: Imports, registries: frozenset[str]
    ) -> None:
        self.graph = graph
        self.query = query
        self.name = name
        self.imports = imports
        self.registries = registries
        self.loads = loads_of(graph, query.entity, query.ways)
        self.cls = imports.of_class(query.entity)
        self.noun = noun(self.cls)

    def lines(self) -> list[str]:
        if self.query.criteria is None:
            option = self.imports.of("sqlalchemy.orm.interfaces", "ORMOption")
            return [
                *layout.signature(f"def {self.name}", (), f" -> tuple[{option}, ...]:"),
                *self._doc(
                    f"Give the options for queries of {spaced(plural(self.noun))} with other conditions.",
                    f"Give the options for other queries of {spaced(plural(self.noun))}.",
                ),
                *layout.returned_tuple(tuple(self._option(load) for load in self.loads), _INDENT),
            ]
        return [
            *self._signature(),
            *self._doc(self._summary(self.query.criteria)),
            *layout.expression(self._statement(), _INDENT, before="statement = "),
            f"{_INDENT}return {self._fetch()}",
        ]

    # ------------------------------------------------------------- the heading

    def _signature(self) -> list[str]:
        session = session_type(self.imports, self.registries, is_async=self.query.is_async)
        parameters = [f"session: {session}"]
        for criterion in self.query.criteria or ():
            if not criterion.is_none:
                name = parameter(self.noun, criterion.attribute)
                parameters.append(f"{name}: {self._type(criterion.type)}")
        if self.query.limited:
            parameters += ["limit: int | None = None", "offset: int | None = None"]
        given = self.cls + " | None"
        if self.query.many:
            given = f"{self.imports.of('collections.abc', 'Sequence')}[{self.cls}]"
        start = f"{'async ' if self.query.is_async else ''}def {self.name}"
        return layout.signature(start, parameters, f" -> {given}:")

    def _type(self, name: str) -> str:
        if not name:
            return "object"
        return name if name in _BUILTIN else self.imports.of_class(name)

    def _summary(self, criteria: tuple[Criterion, ...]) -> str:
        asked = " and ".join(c.attribute for c in criteria if not c.is_none)
        which = f" with this {asked}" if asked else ""
        if not self.query.many:
            first = "first " if is_first(self.query) else ""
            return f"Give the {first}{spaced(self.noun)}{which}, or None."
        start = "the" if criteria else "all"
        order = f", ordered by {' and '.join(self.query.order)}" if self.query.order else ""
        return f"Give {start} {spaced(plural(self.noun))}{which}{order}."

    def _doc(self, *summaries: str) -> list[str]:
        """The docstring: the first of the summaries that fits into a line."""
        room = layout.WIDTH - len(_INDENT) - len('"""')
        summary = next((each for each in summaries if len(each) <= room), summaries[-1])
        first, *others = textwrap.wrap(summary, room, break_on_hyphens=False)
        loaded = textwrap.wrap(
            f"Loads {in_words(self.loads)}.", layout.WIDTH - len(_INDENT), break_on_hyphens=False
        )
        return [
            f'{_INDENT}"""{first}',
            *(f"{_INDENT}{line}" for line in others),
            "",
            *(f"{_INDENT}{line}" for line in loaded),
            f'{_INDENT}"""',
        ]

    # ------------------------------------------------------------ the statement

    def _statement(self) -> Chain:
        links: list[Link] = []
        conditions = tuple(
            f"{self._column(c.attribute)}.is_(None)"
            if c.is_none
            else f"{self._column(c.attribute)} == {parameter(self.noun, c.attribute)}"
            for c in self.query.criteria or ()
        )
        if conditions:
            links.append(Link("where", conditions))
        links.append(Link("options", tuple(self._option(load) for load in self.loads)))
        if self.query.order:
            links.append(Link("order_by", tuple(self._column(name) for name in self.query.order)))
        if self.query.limited:
            links += [Link("limit", ("limit",)), Link("offset", ("offset",))]
        select = self.imports.of("sqlalchemy", "select")
        return Chain(f"{select}({self.cls})", tuple(links))

    def _column(self, name: str) -> str:
        entity = self.graph.entities[self.query.entity]
        if entity.is_table_model:
            return f"{self.imports.of('sqlmodel', 'col')}({self.cls}.{name})"
        return f"{self.cls}.{name}"

    def _option(self, load: Load) -> Chain:
        head = f"{load.option}({self._loaded(load)})"
        if not load.below:
            return Chain(head)
        if len(load.below) > 1:
            return Chain(head, (Link("options", tuple(self._option(each) for each in load.below)),))
        (only,) = load.below
        below = self._option(only)
        return Chain(head, (Link(only.option, (self._loaded(only),)), *below.links))

    def _loaded(self, load: Load) -> str:
        """The argument of a loader option."""
        attribute = f"{self.imports.of_class(load.owner)}.{load.attribute.name}"
        if self.graph.entities[load.owner].is_table_model:
            # To a type checker, the attributes of an SQLModel class are values.
            cast, mapped = self.imports.of("typing", "cast"), "InstrumentedAttribute"
            given = f"{self.imports.of('sqlalchemy.orm', mapped)}[{self.imports.of('typing', 'Any')}]"
            attribute = f'{cast}("{given}", {attribute})'
        return f"{attribute}, recursion_depth=-1" if load.recursive else attribute

    def _fetch(self) -> str:
        wait = "await " if self.query.is_async else ""
        repeated = joins_collection(self.graph, self.query.entity, self.loads)
        if not self.query.many and not repeated:
            return f"{wait}session.scalar(statement)"
        rows = f"({wait}session.scalars(statement))" if wait else "session.scalars(statement)"
        unique = ".unique()" if repeated else ""
        return f"{rows}{unique}.{'all' if self.query.many else 'first'}()"
