"""The project's safe queries and what they mean.

A helper is run once with symbolic arguments. What it means is the statement that it executes then: which
entity, by which criteria, in which order, what is loaded along, one object or many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from detachlint.interpret.calls.invoke import bind_parameters
from detachlint.interpret.frame import Arguments, Frame, InfeasibleError, RaisedError
from detachlint.interpret.heap import Plan, SessionObject, State
from detachlint.interpret.machine import Machine
from detachlint.interpret.statements.execute import run_function
from detachlint.interpret.values import (
    NONE,
    Const,
    Function,
    Result,
    Statement,
    Value,
)
from detachlint.parse import ir
from detachlint.parse.walk import nodes
from detachlint.resolve.symbols import FunctionInfo

MODULE = "safe_queries"
_EXECUTES = frozenset(
    {"execute", "scalars", "scalar", "get", "get_one", "stream", "stream_scalars", "exec", "query"}
)


class Helper(Struct, frozen=True):
    """What a safe query does.

    Args:
        criteria: (attribute, constant), or (attribute, None) for a parameter.
        many: it returns all rows, not one.
        optional: it answers None when there is no row.
        fetch: the method by which it takes a single row.
        is_list: of many rows, it returns a list or the like, and not a result to be fetched.
        session: its parameter for the session.
        parameters: its other parameters, each with the attribute that is compared with it.
    """

    function: FunctionInfo
    call: str
    entity: str
    criteria: frozenset[tuple[str, Value | None]]
    order: tuple[Value, ...]
    plan: Plan
    many: bool
    optional: bool
    fetch: str
    is_list: bool
    session: str
    parameters: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Helpers:
    """The safe queries of a program, by the entity they return."""

    functions: tuple[FunctionInfo, ...]
    paths: frozenset[str]
    by_entity: dict[str, list[Helper]] = field(default_factory=dict)
    observed: list[tuple[Statement, Plan]] | None = None
    fetches: set[str] = field(default_factory=set)
    is_known: bool = False

    @classmethod
    def of(cls, machine: Machine) -> Helpers:
        def declared() -> Helpers:
            functions = _declared(machine)
            return cls(functions, frozenset(f.module.path for f in functions))

        return machine.note(cls, declared)


def returning(machine: Machine, entity: str) -> list[Helper]:
    """The safe queries that return objects of the entity; they are read when somebody first asks."""
    helpers = Helpers.of(machine)
    if not helpers.is_known:
        helpers.is_known = True
        _read_all(machine, helpers)
    return helpers.by_entity.get(entity, [])


def _declared(machine: Machine) -> tuple[FunctionInfo, ...]:
    """The functions of modules called ``safe_queries``, and what the option ``helpers`` names."""
    named = machine.config.helpers
    found = [
        info
        for info in machine.program.functions.values()
        if info.owner is None
        and "<locals>" not in info.qualname
        and not info.name.startswith("_")
        and (
            info.module.name.rpartition(".")[2] == MODULE
            or info.qualname in named
            or info.module.name in named
        )
    ]
    return tuple(sorted(found, key=lambda f: f.qualname))


def _read_all(machine: Machine, helpers: Helpers) -> None:
    spent, work = machine.spent, machine.work
    for info in helpers.functions:
        machine.spent = 0
        helper = _read(machine, helpers, info)
        if helper is not None:
            helpers.by_entity.setdefault(helper.entity, []).append(helper)
    machine.spent, machine.work = spent, work


def _read(machine: Machine, helpers: Helpers, info: FunctionInfo) -> Helper | None:
    """Run the helper by itself, with a symbol for each argument that it asks for."""
    outer = Frame(machine, info.module, None, None, State({}, {}, 0))
    frame = Frame(machine, info.module, info, None, outer.state)
    sessions = _session_parameters(info)
    given: dict[str, Value] = {
        name: frame.new(SessionObject(info.node.is_async, active=True)) for name in sessions
    }
    symbols: dict[Value, str] = {}
    for param in info.node.params:
        if param.default is None and param.kind not in ("*", "**") and param.name not in given:
            given[param.name] = frame.unknown("argument of a helper")
            symbols[given[param.name]] = param.name
    helpers.observed, helpers.fetches = [], set()
    try:
        frame.state.env.update(bind_parameters(frame, Function(info), _by_name(info, given), machine.nowhere))
        ends = run_function(frame, info.node)
    except (RaisedError, InfeasibleError):
        return None
    finally:
        observed, helpers.observed = helpers.observed, None
    statements = list(dict.fromkeys(observed))
    if len(sessions) != 1 or len(statements) != 1:
        return None
    shape = _returned(frame, ends, statements[0][0])
    if shape is None:
        return None
    shape = replace(shape, fetch=helpers.fetches.pop() if len(helpers.fetches) == 1 else "")
    return _helper(machine, info, sessions[0], symbols, statements[0], shape)


def _by_name(info: FunctionInfo, given: Mapping[str, Value]) -> Arguments:
    positional = tuple(given[p.name] for p in info.node.params if p.kind == "positional" and p.name in given)
    names = {p.name for p in info.node.params if p.kind != "positional"}
    return Arguments(positional, tuple((n, v) for n, v in given.items() if n in names))


def _session_parameters(info: FunctionInfo) -> tuple[str, ...]:
    """The parameters that the function executes statements on."""
    names = {p.name for p in info.node.params}
    used: set[str] = set()
    for node in nodes(info.node.body):
        match node:
            case ir.Call(func=ir.Attribute(value=ir.Name(id=name), attr=method)) if method in _EXECUTES:
                used.add(name)
            case _:
                pass
    return tuple(p.name for p in info.node.params if p.name in used & names)


class _Shape(Struct, frozen=True):
    """See Helper."""

    many: bool
    optional: bool
    is_list: bool
    fetch: str = ""


def _returned(frame: Frame, ends: list[tuple[str, Value, State]], statement: Statement) -> _Shape | None:
    """How the function gives the objects of the statement, when it does so on each way."""
    many: set[bool] = set()
    optional = False
    is_list = True
    for kind, value, state in ends:
        if kind != "return":
            continue
        frame.state = state
        if value == NONE:
            optional = True
            continue
        sequence = frame.sequence(value)
        one = sequence.rest if sequence is not None else value
        if isinstance(value, Result):
            is_list = False
            one = value.rows[0] if len(value.rows) == 1 and value.shape == "scalar" else None
        obj = frame.entity(one)
        if obj is None or obj.entity != statement.items[0].entity:
            return None
        many.add(one is not value)
    return _Shape(many.pop(), optional, is_list) if len(many) == 1 else None


def _helper(
    machine: Machine,
    info: FunctionInfo,
    session: str,
    symbols: Mapping[Value, str],
    executed: tuple[Statement, Plan],
    shape: _Shape,
) -> Helper | None:
    statement, plan = executed
    if not is_comparable(statement):
        return None
    entity = statement.items[0].entity
    criteria: set[tuple[str, Value | None]] = set()
    asked: dict[str, str] = {}
    for attribute, value in statement.where:
        if value in symbols:
            asked[symbols[value]] = attribute.name
            criteria.add((attribute.name, None))
        elif isinstance(value, Const):
            criteria.add((attribute.name, value))
        else:
            return None
    if set(asked) != set(symbols.values()):  # another argument does something that is not known
        return None
    names = [p.name for p in info.node.params if p.name in asked or p.name == session]
    call = f"{'await ' if info.node.is_async else ''}{info.name}({', '.join(names)})"
    return Helper(
        info,
        call,
        entity,
        frozenset(criteria),
        statement.order,
        plan,
        shape.many,
        shape.optional,
        shape.fetch,
        shape.is_list,
        session,
        tuple(sorted(asked.items())),
    )


def is_comparable(statement: Statement) -> bool:
    """Whether all that matters about the statement is known: one entity, and nothing but equalities."""
    if statement.kind not in ("select", "query") or statement.populate_existing or not statement.whole:
        return False
    if statement.limited:
        return False
    if len(statement.items) != 1:
        return False
    item = statement.items[0]
    if not item.entity or item.attribute or item.alias or item.polymorphic:
        return False
    return all(a.entity == item.entity and not a.alias for a, _ in statement.where)
