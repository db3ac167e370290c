"""Loader options through functions that know no class: each gets a parameter for them and hands them on to
the query, and the call that knows the class fills it.

The default changes nothing, and the parameter is passed by name only. Where a method has overrides, these are
called in its stead, so they take the options too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import libcst as cst
import libcst.matchers as m

from detachlint.domain.edits import AddLoaderOptions
from detachlint.domain.findings import Edit
from detachlint.domain.source import Site
from detachlint.fix.options.generic import knows_class, leaf
from detachlint.fix.options.overrides import is_inspected, others_of
from detachlint.fix.options.place import Place, new_method
from detachlint.fix.source import layout
from detachlint.fix.source.calls import append, callee, keyword
from detachlint.fix.source.change import Change
from detachlint.fix.source.document import CannotFixError, Document
from detachlint.fix.source.names import NeededImport, library
from detachlint.fix.source.parameters import add_keyword, parameters
from detachlint.fix.source.project import Project
from detachlint.parse.walk import calls

GETS = frozenset({"get", "get_one", "get_or_404"})
_QUERIES = frozenset({"select", "query"})
_NAMES = ("options", "loader_options")
_PLAIN_DECORATORS = frozenset({"staticmethod", "classmethod", "abstractmethod", "override"})
_MAX_LEVELS = 4
_MAX_CALLS = 40


def call_of(
    project: Project, function: cst.FunctionDef, calls: tuple[Site, ...]
) -> tuple[Document, cst.Call, tuple[Site, ...]] | None:
    """The call of ``function`` among those that handed the result on, and the calls after it."""
    for number, site in enumerate(calls):
        outer = project.at(site)
        call = outer.node(site.node)
        if isinstance(call, cst.Call) and callee(call) == function.name.value:
            return outer, call, calls[number + 1 :]
    return None


def hand_down(
    project: Project,
    action: AddLoaderOptions,
    document: Document,
    query: cst.BaseExpression,
    selected: cst.BaseExpression,
    given: cst.Call | None = None,
) -> Place:
    """A place at the call that knows the class, with all that lets options get from there to the query.

    Args:
        selected: what the query is made for.
        given: the ``.options(...)`` that the query has.

    Raises:
        CannotFixError: a function on the way can't take options.
    """
    function = document.function_of(query)
    if function is None:
        raise CannotFixError("the query is made for any class")
    for _ in range(_MAX_LEVELS):
        if call_of(project, function, action.calls) is not None:
            break
        # It makes a statement, which another function executes.
        outer, user, call = _user_of(project, function, action.calls)
        known, further = knows_class(project, document, function, selected, outer, call)
        if known:
            return Place(outer, None, call, method=True)
        document, function, query, given, selected = outer, user, call, None, further or call
    way = _Way(project, action)
    name = way.open(document, function)
    if given is not None:
        way.edits += append(document, given, [f"*{name}"])
    else:
        way.edits += _applied(document, query, name)
    return way.outwards(document, function, name, selected, action.calls)


def calls_by_name(project: Project, name: str) -> Iterator[tuple[Document, cst.FunctionDef, cst.Call]]:
    """All calls in the program of functions of that name, with the functions that they are made in; none
    where there are so many that they are hardly calls of one function.
    """
    found: list[tuple[str, int]] = []
    for path in sorted(project.program.by_path):
        if f"{name}(" in project.texts[path]:
            module = project.program.by_path[path].ir
            found += sorted((path, call.n) for call in calls(module) if leaf(call.func) == name)
    for path, node in found if len(found) <= _MAX_CALLS else ():
        document = project.document(path)
        call = document.node(node)
        function = document.function_of(call)
        if isinstance(call, cst.Call) and function is not None:
            yield document, function, call


def _user_of(
    project: Project, builder: cst.FunctionDef, calls: tuple[Site, ...]
) -> tuple[Document, cst.FunctionDef, cst.Call]:
    """The function that asks ``builder`` for a statement, and the call by which it asks: one of those that
    hand the result on, or the only one.
    """
    found = list(calls_by_name(project, builder.name.value))
    called = {callee(project.at(site).node(site.node)) for site in calls}
    on_the_way = [each for each in found if each[1].name.value in called]
    chosen = on_the_way or found
    if len(chosen) != 1:
        raise CannotFixError("the call that passes the loader options is not known")
    return chosen[0]


def relay(
    project: Project,
    action: AddLoaderOptions,
    document: Document,
    function: cst.FunctionDef,
    name: str,
    calls: tuple[Site, ...],
) -> Place:
    """The same from a function on that takes options and gets none."""
    return _Way(project, action).outwards(document, function, name, None, calls)


@dataclass(slots=True)
class _Way:
    """What has to be edited between the query and the call that knows the class."""

    project: Project
    action: AddLoaderOptions
    edits: list[Edit] = field(default_factory=list)
    imports: set[NeededImport] = field(default_factory=set)

    def outwards(
        self,
        document: Document,
        function: cst.FunctionDef,
        name: str,
        selected: cst.BaseExpression | None,
        calls: tuple[Site, ...],
    ) -> Place:
        """From the function that takes options to the call that fills them."""
        for _ in range(_MAX_LEVELS):
            found = call_of(self.project, function, calls)
            if found is None:
                raise CannotFixError("the call that passes the loader options is not known")
            outer, call, calls = found
            if any(arg.star == "**" for arg in call.args):
                raise CannotFixError("the arguments of the call come from elsewhere")
            caller = outer.function_of(call)
            known, selected = knows_class(self.project, document, function, selected, outer, call)
            is_override = caller is not None and caller.name.value == callee(call) and _is_super(call)
            if caller is None or (known and not is_override):
                opening = Change(tuple(dict.fromkeys(self.edits)), frozenset(self.imports))
                return Place(outer, None, call, parameter=name, opening=opening)
            further = self.open(outer, caller)
            self.edits += _passed_on(outer, call, name, further)
            document, function, name = outer, caller, further
        raise CannotFixError("the loader options would come from too far away")

    def open(self, document: Document, function: cst.FunctionDef) -> str:
        """Give a function the parameter, and its overrides too; its name."""
        name = self._free_name(function)
        self._add(document, function, name)
        for other_document, other, is_stub in others_of(self.project, document, function):
            if name in parameters(other):
                continue
            self._add(other_document, other, name)
            if not is_stub:
                self._apply(other_document, other, name)
        return name

    def _free_name(self, function: cst.FunctionDef) -> str:
        """A name for the parameter that the function means nothing else by."""
        used = {n.value for n in m.findall(function, m.Name()) if isinstance(n, cst.Name)}
        entity = self.project.graph.entities.get(self.action.root)
        if function.params.star_kwarg is not None and entity is not None:
            used |= set(entity.attributes)  # they may be passed by their names
        free = next((name for name in _NAMES if name not in used), None)
        if free is None:
            raise CannotFixError(f"`{function.name.value}()` means something else by `{_NAMES[0]}`")
        return free

    def _add(self, document: Document, function: cst.FunctionDef, name: str) -> None:
        for decorator in function.decorators:
            if document.source(decorator.decorator).rpartition(".")[2] not in _PLAIN_DECORATORS:
                raise CannotFixError(f"`{function.name.value}()` is decorated, and takes no loader options")
        if is_inspected(self.project, document, function):
            raise CannotFixError(f"a library reads the parameters of `{function.name.value}()`")
        text = f"{name}=()"
        if function.returns is not None or any(p.annotation for p in function.params.params):
            sequence = _sequence(document)
            option = library(document, "sqlalchemy.orm.interfaces", "ORMOption")
            self.imports |= sequence[1] | option.imports
            text = f"{name}: {sequence[0]}[{option.text}] = ()"
        self.edits += add_keyword(document, function, text)

    def _apply(self, document: Document, function: cst.FunctionDef, name: str) -> None:
        """In an override: to what it calls of its base, or to its one query."""
        calls = [c for c in m.findall(function.body, m.Call()) if isinstance(c, cst.Call)]
        bases = [c for c in calls if callee(c) == function.name.value and _is_super(c)]
        if len(bases) == 1:
            self.edits += _passed_on(document, bases[0], name, name)
            return
        queries = [c for c in calls if callee(c) in GETS | _QUERIES and c.args]
        if bases or len(queries) != 1:
            raise CannotFixError(f"an override of `{function.name.value}()` could not take loader options")
        self.edits += _applied(document, queries[0], name)


def _applied(document: Document, query: cst.BaseExpression, name: str) -> tuple[Edit, ...]:
    if isinstance(query, cst.Call) and callee(query) in GETS:
        if keyword(query, "options") is not None:
            raise CannotFixError("the query has options already")
        return append(document, query, [f"options={name}"])
    return new_method(document, query, [f"*{name}"])


def _passed_on(document: Document, call: cst.Call, name: str, value: str) -> tuple[Edit, ...]:
    return layout.fit(document, call, append(document, call, [f"{name}={value}"]))


def _is_super(call: cst.Call) -> bool:
    return m.matches(call.func, m.Attribute(value=m.Call(func=m.Name("super"))))


def _sequence(document: Document) -> tuple[str, frozenset[NeededImport]]:
    try:
        found = library(document, "collections.abc", "Sequence")
    except CannotFixError:
        found = library(document, "typing", "Sequence")
    return found.text, found.imports
