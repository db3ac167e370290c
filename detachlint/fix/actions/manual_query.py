"""A query that is written by hand, taken apart: where its rows are taken, on which session, and what its
conditions compare.

What is not plainly one statement that is executed and fetched at one place is left to a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import libcst as cst

from detachlint.domain.edits import UseHelper
from detachlint.fix.source.calls import callee, keyword, receiver
from detachlint.fix.source.document import CannotFixError, Document
from detachlint.fix.source.names import meaning
from detachlint.fix.source.project import Project
from detachlint.fix.source.variables import Variables, contains_calls, statements_between
from detachlint.resolve.symbols import ClassInfo

_RESULT_METHODS = frozenset(
    {"all", "fetchall", "first", "fetchone", "one", "one_or_none", "scalar", "scalar_one", "scalars",
     "scalar_one_or_none", "unique"}
)  # fmt: skip
_EXECUTES = frozenset({"execute", "scalars", "scalar", "exec"})
_GETS = frozenset({"get", "get_one"})
_COPIES = frozenset({"list", "tuple", "set", "sorted", "enumerate", "iter"})
_MAX_LINES = 12
"""Of a statement that is built up line by line."""
_SCATTERED = "the query is put together in several places"


@dataclass(slots=True)
class QueryParts:
    """The parts.

    Args:
        rows: the expression that gives the rows or the row.
        session: the session that executes it.
        values: attribute -> what it is compared with.
        dead: assignments that nobody needs once ``rows`` is something else.
    """

    rows: cst.BaseExpression
    session: cst.BaseExpression
    values: dict[str, cst.BaseExpression] = field(default_factory=dict)
    dead: list[cst.SimpleStatementLine] = field(default_factory=list)


def read_query(project: Project, action: UseHelper) -> QueryParts:
    """Take the query of an action apart.

    Raises:
        CannotFixError: it is not plain enough.
    """
    document = project.at(action.query)
    query = document.node(action.query.node)
    if action.fetch.path != action.query.path:
        raise CannotFixError("the query is made in one file and executed in another")
    fetch = document.node(action.fetch.node)
    function = document.function_of(fetch)
    if not isinstance(query, cst.Call) or function is None or document.function_of(query) is not function:
        raise CannotFixError("the query is made in one function and executed in another")
    return _Reader(project, document, Variables(document, function), query).read(_rows(fetch))


def _rows(fetch: cst.CSTNode) -> cst.BaseExpression:
    """The expression whose rows are taken."""
    if isinstance(fetch, (cst.For, cst.CompFor)):
        if fetch.asynchronous is not None:
            raise CannotFixError("rows are taken one by one while they come")
        return fetch.iter
    if isinstance(fetch, cst.Call) and isinstance(fetch.func, cst.Name) and fetch.args:
        if fetch.func.value not in _COPIES:
            raise CannotFixError("the place where the rows are taken is not known")
        return fetch.args[0].value
    if not isinstance(fetch, cst.BaseExpression):
        raise CannotFixError("the place where the rows are taken is not known")
    return fetch


@dataclass(slots=True)
class _Reader:
    project: Project
    document: Document
    variables: Variables
    query: cst.Call
    dead: list[cst.SimpleStatementLine] = field(default_factory=list)

    def read(self, rows: cst.BaseExpression) -> QueryParts:
        parent = self.document.parent(rows)
        whole = parent if isinstance(parent, cst.Await) else rows
        session, statement = self._executed(rows)
        parts = QueryParts(whole, session, dead=self.dead)
        if statement is None:
            parts.values = self._of_get(self.query)
        else:
            parts.values = self._of_statement(self._calls(statement, rows))
        self._check_values(parts)
        return parts

    # ------------------------------------------------------------ the execution

    def _executed(self, rows: cst.BaseExpression) -> tuple[cst.BaseExpression, cst.BaseExpression | None]:
        """The session, and the statement that it executes; None for a ``get``."""
        current = rows
        for _ in range(20):
            match current:
                case cst.Await(expression=inner):
                    current = inner
                case cst.Name():
                    current = self._variable(current, rows)
                case cst.Call(func=cst.Attribute(value=receiver, attr=cst.Name(value=name)), args=args):
                    if current is self.query and name in _GETS:
                        return receiver, None
                    if self._is_legacy(current):
                        return self._session_of_legacy(), current
                    if name in _EXECUTES and args:
                        if len(args) > 1 or args[0].star or args[0].keyword is not None:
                            raise CannotFixError("the query is executed with arguments of its own")
                        return receiver, args[0].value
                    if name not in _RESULT_METHODS or args:
                        raise CannotFixError(f"`{name}()` takes the rows in a way of its own")
                    current = receiver
                case _:
                    raise CannotFixError(_SCATTERED)
        raise CannotFixError(_SCATTERED)

    def _variable(self, name: cst.Name, rows: cst.BaseExpression) -> cst.BaseExpression:
        """What the variable was given; its assignment goes. What was executed there is executed later then,
        so nothing else may happen in between.
        """
        line, value = self.variables.only_assignment(name)
        between = statements_between(self.document, line, rows)
        if between is None or any(contains_calls(statement) for statement in between):
            raise CannotFixError("other things are done between the query and the place that takes its rows")
        self.dead.append(line)
        return value

    def _calls(
        self, statement: cst.BaseExpression, rows: cst.BaseExpression
    ) -> Iterator[tuple[cst.Call, str]]:
        """The calls that make the statement, those of the variables that it begins with included."""
        for _ in range(_MAX_LINES):
            yield from _chain(statement)
            root = receiver(statement)
            if not isinstance(root, cst.Name) or (
                isinstance(statement, cst.Call) and _root(statement) is self.query
            ):
                return
            line, statement = self.variables.assignment_before(root)
            if statements_between(self.document, line, rows) is None:
                raise CannotFixError(_SCATTERED)
            self.dead.append(line)

    def _is_legacy(self, call: cst.Call) -> bool:
        """``session.query(A)`` with methods behind it."""
        return callee(self.query) == "query" and any(c is self.query for c, _ in _chain(call))

    def _session_of_legacy(self) -> cst.BaseExpression:
        assert isinstance(self.query.func, cst.Attribute)
        return self.query.func.value

    # ------------------------------------------------------------ the conditions

    def _of_get(self, call: cst.Call) -> dict[str, cst.BaseExpression]:
        given = keyword(call, "options")
        if given is not None and not _are_calls(given.value):
            raise CannotFixError("its loader options come from elsewhere")
        plain = [arg for arg in call.args if arg.keyword is None and not arg.star]
        key = keyword(call, "ident")
        identity = key.value if key is not None else plain[1].value if len(plain) > 1 else None
        entity = meaning(self.project, self.document, plain[0].value) if plain else None
        known = self.project.graph.entities.get(entity.qualname) if isinstance(entity, ClassInfo) else None
        if identity is None or known is None or any(arg.star for arg in call.args):
            raise CannotFixError("what it gets is not plain")
        columns = known.primary_key
        if len(columns) == 1:
            return {columns[0]: identity}
        if not isinstance(identity, cst.Tuple) or len(identity.elements) != len(columns):
            raise CannotFixError("the key that it gets is not plain")
        return {column: element.value for column, element in zip(columns, identity.elements, strict=True)}

    def _of_statement(self, calls: Iterable[tuple[cst.Call, str]]) -> dict[str, cst.BaseExpression]:
        values: dict[str, cst.BaseExpression] = {}
        reached = False
        for call, name in calls:
            reached = reached or call is self.query
            if call is self.query or (name in _RESULT_METHODS and callee(self.query) == "query"):
                continue
            if any(arg.star for arg in call.args):
                raise CannotFixError("parts of the query come from elsewhere")
            match name:
                case "where" | "filter":
                    for arg in call.args:
                        values |= dict(self._condition(arg.value))
                case "filter_by":
                    values |= {a.keyword.value: a.value for a in call.args if a.keyword is not None}
                case "options" if all(isinstance(arg.value, cst.Call) for arg in call.args):
                    pass
                case "order_by" if all(isinstance(arg.value, cst.Attribute) for arg in call.args):
                    pass
                case _:
                    raise CannotFixError(f"`{name}()` of the query is not plain")
        if not reached:
            raise CannotFixError(_SCATTERED)
        return values

    def _condition(self, node: cst.BaseExpression) -> Iterator[tuple[str, cst.BaseExpression]]:
        match node:
            case cst.Comparison(
                left=left, comparisons=[cst.ComparisonTarget(operator=cst.Equal(), comparator=right)]
            ):
                for column, value in ((left, right), (right, left)):
                    if isinstance(column, cst.Attribute) and isinstance(
                        meaning(self.project, self.document, column.value), ClassInfo
                    ):
                        yield column.attr.value, value
                        return
                raise CannotFixError("a condition of the query is not plain")
            case cst.BinaryOperation(left=left, operator=cst.BitAnd(), right=right):
                yield from self._condition(left)
                yield from self._condition(right)
            case cst.Call(func=cst.Attribute(value=cst.Attribute(attr=column), attr=cst.Name(value="is_"))):
                yield column.value, node.args[0].value
            case cst.Call() if callee(node) == "and_" and not any(arg.star for arg in node.args):
                for arg in node.args:
                    yield from self._condition(arg.value)
            case _:
                raise CannotFixError("a condition of the query is not plain")

    def _check_values(self, parts: QueryParts) -> None:
        """A value of a statement that was made before is computed later when it is passed to a helper."""
        rows = self.document.statement_of(parts.rows)
        if self.document.statement_of(self.query) is rows:
            return
        for value in parts.values.values():
            if not self.variables.is_stable(value):
                raise CannotFixError(
                    "a value that the query compares may have changed when the rows are taken"
                )


def _chain(node: cst.BaseExpression) -> Iterator[tuple[cst.Call, str]]:
    """The calls of a chain of methods, the last one first."""
    while isinstance(node, cst.Call):
        yield node, callee(node)
        if not isinstance(node.func, cst.Attribute):
            return
        node = node.func.value


def _root(call: cst.Call) -> cst.Call:
    """The call that a chain of methods begins with."""
    return [each for each, _ in _chain(call)][-1]


def _are_calls(node: cst.BaseExpression) -> bool:
    return isinstance(node, (cst.List, cst.Tuple)) and all(
        isinstance(element.value, cst.Call) for element in node.elements
    )
