"""Where the loader options of a query stand or may be put: at the query, or at the call that passes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import libcst as cst
import libcst.matchers as m

from detachlint.domain.edits import AddLoaderOptions
from detachlint.domain.source import Site
from detachlint.fix.options.generic import is_shared
from detachlint.fix.options.hand_down import GETS, call_of, calls_by_name, hand_down, relay
from detachlint.fix.options.joins import joins_of
from detachlint.fix.options.place import Place, statement_methods
from detachlint.fix.source.calls import callee, chain, keyword, receiver
from detachlint.fix.source.document import CannotFixError, Document
from detachlint.fix.source.names import meaning
from detachlint.fix.source.parameters import parameters, position_of
from detachlint.fix.source.project import Project
from detachlint.resolve.symbols import ClassInfo

_STATEMENTS = frozenset({"select", "query", "insert", "update", "delete"})
_DML = frozenset({"insert", "update", "delete"})
_GIVEN = frozenset({"from_statement"})
_MAX_HOPS = 6


def find_place(project: Project, action: AddLoaderOptions) -> Place:
    """The place for what the action adds.

    Raises:
        CannotFixError: there is none.
    """
    document = project.at(action.query)
    node = document.node(action.query.node)
    search = _Search(project, action)
    place = search.at_query(document, node)
    if action.choice and not search.chosen:
        raise CannotFixError("there is no other place for its options")
    return place


@dataclass(frozen=True, slots=True)
class _Search:
    project: Project
    action: AddLoaderOptions
    chosen: list[Place] = field(default_factory=list)

    def at_query(self, document: Document, node: cst.CSTNode) -> Place:
        """By the form of the query."""
        if isinstance(node, cst.Attribute) and node.attr.value == "query":
            return self.in_statement(document, node, [node.value])
        if isinstance(node, cst.Call) and callee(node) in GETS and len(node.args) > 1:
            return self.in_get(document, node)
        if isinstance(node, cst.Call) and callee(node) in _STATEMENTS:
            return self.in_statement(document, node, [arg.value for arg in node.args if not arg.star])
        raise CannotFixError("the query is written in a way that can't be edited")

    def in_get(self, document: Document, call: cst.Call) -> Place:
        """``session.get(A, id, options=[...])``."""
        given = keyword(call, "options")
        if given is not None:
            return self.in_value(document, given.value, self.action.calls, 0)
        if any(arg.star == "**" for arg in call.args):
            raise CannotFixError("the arguments of the query come from elsewhere")
        if not self._is_concrete(document, call.args[0].value if call.args else None):
            return hand_down(self.project, self.action, document, call, call.args[0].value)
        return Place(document, None, call)

    def in_statement(
        self, document: Document, root: cst.BaseExpression, selected: Sequence[cst.BaseExpression]
    ) -> Place:
        """``select(A).where(...).options(...)``, or a legacy query."""
        methods = list(statement_methods(document, root))
        standing: list[cst.BaseExpression] = []
        literal: cst.Call | None = None
        passed: cst.BaseExpression | None = None
        for call in methods:
            if callee(call) == "options":
                literal = literal or call
                standing += [self._written_out(document, arg.value) for arg in call.args if not arg.star]
                passed = passed or next((arg.value for arg in call.args if arg.star), None)
        for value, star in _options_of_variable(document, methods[-1] if methods else root):
            if star:
                passed = passed or value
            else:
                standing.append(self._written_out(document, value))
        aliases = [a for a in (self._alias(document, node) for node in selected) if a]
        concrete = any(self._is_concrete(document, node) for node in selected) or bool(aliases)
        if not concrete:
            asked = self._asked_for(document, root)
            if asked is not None:
                return self.in_statement(*asked)
        alias = aliases[0] if len(aliases) == 1 else ""
        given = callee(root) in _DML or any(callee(call) in _GIVEN for call in chain(document, root))
        if passed is not None:
            try:
                place = self.in_value(document, passed, self.action.calls, 0)
            except CannotFixError as error:
                if not concrete:
                    return self._beside(document, root, selected, literal, error)
            else:
                if not concrete or not standing:
                    return place
        if not concrete:
            if len(selected) != 1:
                raise CannotFixError("it is not clear what the query is made for")
            return hand_down(self.project, self.action, document, root, selected[0], literal)
        return Place(
            document,
            literal,
            root,
            method=True,
            standing=tuple(standing),
            alias=alias,
            given=given,
            joins=joins_of(self.project, document, root),
        )

    def _asked_for(
        self, document: Document, root: cst.BaseExpression
    ) -> tuple[Document, cst.Call, list[cst.BaseExpression]] | None:
        """The call that asks a class for the statement, where that is executed: ``Booking.all()``."""
        builder = document.function_of(root)
        if self.action.executed is None or builder is None:
            return None
        outer = self.project.at(self.action.executed)
        function = outer.function_of(outer.node(self.action.executed.node))
        found = m.findall(function or outer.module, m.Call(func=m.Attribute(attr=m.Name(builder.name.value))))
        for call in found:
            asked = (
                call.func.value
                if isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute)
                else None
            )
            if isinstance(call, cst.Call) and asked is not None and self._is_concrete(outer, asked):
                return outer, call, [asked]
        return None

    def _beside(
        self,
        document: Document,
        root: cst.BaseExpression,
        selected: Sequence[cst.BaseExpression],
        literal: cst.Call | None,
        error: CannotFixError,
    ) -> Place:
        """Beside options that can't be edited, those of a parameter."""
        if literal is None or len(selected) != 1:
            raise error
        try:
            return hand_down(self.project, self.action, document, root, selected[0], literal)
        except CannotFixError:
            raise error from None

    def in_value(
        self, document: Document, value: cst.BaseExpression, calls: tuple[Site, ...], depth: int
    ) -> Place:
        """Where the options in ``value`` are written out: here, or in what a caller passes."""
        if depth > _MAX_HOPS:
            raise CannotFixError("the loader options come from too far away")
        match value:
            case cst.List() | cst.Tuple() | cst.Set():
                standing = tuple(
                    self._written_out(document, e.value)
                    for e in value.elements
                    if not isinstance(e, cst.StarredElement)
                )
                return Place(document, value, standing=standing)
            case cst.Name(value=name):
                function = document.function_of(value)
                if function is not None and name in parameters(function):
                    return self._at_caller(document, function, name, calls, depth)
                assigned = _assigned(document, function, name)
                if assigned is not None:
                    return self.in_value(document, assigned, calls, depth + 1)
            case cst.BooleanOperation(operator=cst.Or(), left=left):  # options or ()
                return self.in_value(document, left, calls, depth + 1)
            case cst.Call():
                return self._in_function(document, value, calls, depth)
            case _:
                pass
        raise CannotFixError("the loader options are made in a way that can't be edited")

    def _at_caller(
        self,
        document: Document,
        function: cst.FunctionDef,
        name: str,
        calls: tuple[Site, ...],
        depth: int,
    ) -> Place:
        found = call_of(self.project, function, calls)
        if found is None:  # it makes a statement
            made = list(calls_by_name(self.project, function.name.value))
            if len(made) != 1:
                raise CannotFixError("the call that passes the loader options is not known")
            found = made[0][0], made[0][2], calls
        outer, call, further = found
        star = function.params.star_arg
        if isinstance(star, cst.Param) and star.name.value == name:
            first = position_of(document, function, None)
            extra = [arg for arg in call.args if arg.keyword is None][first:]
            for arg in extra:
                if arg.star == "*":
                    return self.in_value(outer, arg.value, further, depth + 1)
            standing = tuple(arg.value for arg in extra)
            return Place(outer, None, call, starred=True, standing=standing)
        given = keyword(call, name)
        if given is None:
            index = position_of(document, function, name)
            positional = [arg for arg in call.args if arg.keyword is None]
            if index is not None and index < len(positional):
                given = positional[index]
        if given is not None:
            return self.in_value(outer, given.value, further, depth + 1)
        return relay(self.project, self.action, document, function, name, calls)

    def _in_function(self, document: Document, call: cst.Call, calls: tuple[Site, ...], depth: int) -> Place:
        """A function or method that returns the options: the one that gives options of the query's entity; of
        several, the one that the action chooses.
        """
        name = callee(call)
        found = [place for place in self._returned(name, depth) if place.container is not None]
        about = [place for place in found if self._is_about(place)]
        empty = [place for place in found if not place.standing and self._is_for_one(place, about)]
        candidates = about if len(about) == 1 and not self.action.choice else [*about, *empty]
        if self.action.choice >= len(candidates):
            raise CannotFixError(f"it is not clear which options `{name}()` gives")
        self.chosen.append(candidates[self.action.choice])
        return candidates[self.action.choice]

    def _returned(self, name: str, depth: int) -> Iterator[Place]:
        """Where the functions of that name write out what they return."""
        for path in sorted(self.project.program.by_path):
            if f"def {name}" not in self.project.texts[path]:
                continue
            other = self.project.document(path)
            for node in m.findall(other.module, m.FunctionDef(name=m.Name(name))):
                assert isinstance(node, cst.FunctionDef)
                for returned in m.findall(node.body, m.Return()):
                    if isinstance(returned, cst.Return) and returned.value is not None:
                        try:
                            yield self.in_value(other, returned.value, (), depth + 1)
                        except CannotFixError:
                            continue

    def _is_for_one(self, place: Place, about: Sequence[Place]) -> bool:
        """Whether an empty list is for the query's entity: others of the function are, or its class works for
        one entity.
        """
        assert place.container is not None
        function = place.document.function_of(place.container)
        for other in about:
            if other.container is not None and other.document.function_of(other.container) is function:
                return True
        in_class = function is not None and place.document.class_of(function) is not None
        return in_class and not is_shared(self.project, place.document, place.container)

    def _is_about(self, place: Place) -> bool:
        """Whether the options there are for the query's entity."""
        local = self.action.root.rpartition(".")[2]
        return any(f"{local}." in place.document.source(option) for option in place.standing)

    def _written_out(self, document: Document, option: cst.BaseExpression) -> cst.BaseExpression:
        """The option that a variable holds, where that is certain."""
        if isinstance(option, cst.Name):
            return _assigned(document, document.function_of(option), option.value) or option
        return option

    def _alias(self, document: Document, node: cst.BaseExpression) -> str:
        """The variable, where it is an alias of the class that the options are about."""
        if not isinstance(node, cst.Name):
            return ""
        made = _assigned(document, document.function_of(node), node.value)
        if not isinstance(made, cst.Call) or callee(made) != "aliased" or not made.args:
            return ""
        return node.value if self._is_concrete(document, made.args[0].value) else ""

    def _is_concrete(self, document: Document, node: cst.BaseExpression | None) -> bool:
        """Whether the query names the class that the options are about."""
        if node is None:
            return False
        found = meaning(self.project, document, node)
        if isinstance(found, ClassInfo):
            return self.project.graph.is_a(self.action.root, found.qualname) or self.project.graph.is_a(
                found.qualname, self.action.root
            )
        return False


def _options_of_variable(
    document: Document, statement: cst.BaseExpression
) -> list[tuple[cst.BaseExpression, bool]]:
    """Options that are given to the variable which holds the statement, anywhere in the function; and whether
    with a star.
    """
    parent = document.parent(statement)
    if not isinstance(parent, (cst.Assign, cst.AnnAssign)):
        return []
    target = parent.targets[0].target if isinstance(parent, cst.Assign) else parent.target
    if not isinstance(target, cst.Name):
        return []
    function = document.function_of(statement)
    found: list[tuple[cst.BaseExpression, bool]] = []
    for call in m.findall(function.body if function is not None else document.module, m.Call()):
        if isinstance(call, cst.Call) and callee(call) == "options" and isinstance(call.func, cst.Attribute):
            begin = receiver(call.func.value)
            if isinstance(begin, cst.Name) and begin.value == target.value:
                found += [(arg.value, bool(arg.star)) for arg in call.args]
    return found


def _assigned(document: Document, function: cst.FunctionDef | None, name: str) -> cst.BaseExpression | None:
    """The only value that a variable is given, in the function or at the top level of the file."""
    assignments: list[cst.Assign | cst.AnnAssign] = [*document.all(cst.Assign), *document.all(cst.AnnAssign)]
    bound = [node for node in assignments if _binds(node, name)]
    local = [node for node in bound if function in document.ancestors(node)] if function is not None else []
    values = [node.value for node in local or bound]
    return values[0] if len(values) == 1 else None


def _binds(node: cst.Assign | cst.AnnAssign, name: str) -> bool:
    targets = [t.target for t in node.targets] if isinstance(node, cst.Assign) else [node.target]
    return any(isinstance(t, cst.Name) and t.value == name for t in targets)
