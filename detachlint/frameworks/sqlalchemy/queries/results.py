"""``Result``, ``ScalarResult``, ``MappingResult`` and their async kin.

Source: core/connections.html#sqlalchemy.engine.Result.
"""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import SessionMisuse
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.observers import demand, manual_queries
from detachlint.frameworks.sqlalchemy.queries.execution import check_unique
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, Life, Sequence
from detachlint.interpret.values import NONE, Const, MappedAttribute, Ref, Result, Tuple, Unknown, Value

_MANY = frozenset({"all", "fetchall", "fetchmany", "__iter__", "freeze"})
_ONE_OR_NONE = frozenset({"first", "one_or_none", "scalar_one_or_none", "scalar", "fetchone"})
_ONE = frozenset({"one", "scalar_one"})


def method(frame: Frame, result: Result, name: str, args: Arguments, site: Site) -> Value | None:
    """A method of a result."""
    match name:
        case "scalars":
            return replace(result, shape="scalar", rows=_pick(result, args), names=result.names[:1])
        case "mappings":
            return replace(result, shape="mapping")
        case "unique":
            return replace(result, duplicates=None)
        case "tuples" | "execution_options" | "yield_per" | "t":
            return result
        case "columns":
            return _columns(result, args)
        case "partitions":
            part = frame.new(Sequence("list", (), row(frame, result), False))
            _fetched(frame, result, site)
            demand.fetch_all(frame, result)
            return frame.new(Sequence("list", (), part))
        case "close":
            return NONE
        case "rowcount" | "keys":
            return frame.unknown("number of rows")
        case _ if name in _MANY:
            _fetched(frame, result, site)
            scalar = result.shape == "scalar"
            manual_queries.fetched(frame, result.remark, name, site, many=True, scalar=scalar)
            demand.fetch_all(frame, result)
            return frame.new(Sequence("list", (), row(frame, result)))
        case _ if name in _ONE:
            _fetched(frame, result, site)
            _one_fetched(frame, result, name, site)
            return single(frame, _scalar(result, name, frame))
        case _ if name in _ONE_OR_NONE:
            # ``first()`` and ``scalar()`` take one row and never look at a second: no ``unique()`` is asked
            # for.
            _fetched(frame, replace(result, duplicates=None) if name in ("first", "scalar") else result, site)
            _one_fetched(frame, result, name, site)
            if not result.lone and frame.choose(2) == 1:
                return NONE
            return single(frame, _scalar(result, name, frame))
        case _:
            return None


def _one_fetched(frame: Frame, result: Result, name: str, site: Site) -> None:
    scalar = result.shape == "scalar" or name.startswith("scalar")
    manual_queries.fetched(frame, result.remark, name, site, many=False, scalar=scalar)
    demand.fetch_one(frame, result)


def _fetched(frame: Frame, result: Result, site: Site) -> None:
    check_unique(frame, result, site)
    session = frame.session(result.session) if isinstance(result.session, Ref) else None
    if session is not None and not session.open and result.streamed:
        frame.emit(SessionMisuse(site, "result-after-close", "result", result.site))


def _pick(result: Result, args: Arguments) -> tuple[Value, ...]:
    index = args.positional[0] if args.positional else Const(0)
    if isinstance(index, Const) and isinstance(index.value, int) and index.value < len(result.rows):
        return (result.rows[index.value],)
    if isinstance(index, Const) and isinstance(index.value, str) and index.value in result.names:
        return (result.rows[result.names.index(index.value)],)
    return result.rows[:1]


def _columns(result: Result, args: Arguments) -> Result:
    """``result.columns(1, 0)``: some of the columns, in this order; all, where they aren't known."""
    wanted: list[int] = []
    for value in args.positional:
        index = value.value if isinstance(value, Const) else None
        if isinstance(index, str) and index in result.names:
            index = result.names.index(index)
        if not isinstance(index, int) or not 0 <= index < len(result.rows):
            return result
        wanted.append(index)
    names = tuple(result.names[i] if i < len(result.names) else "" for i in wanted)
    return replace(result, rows=tuple(result.rows[i] for i in wanted), names=names)


def _scalar(result: Result, name: str, frame: Frame) -> Value:
    if name.startswith("scalar") or result.shape == "scalar":
        return result.rows[0] if result.rows else frame.unknown("scalar")
    return row(frame, result)


def row(frame: Frame, result: Result) -> Value:
    """One row in the shape of the result."""
    if result.shape == "scalar":
        return result.rows[0] if result.rows else frame.unknown("scalar")
    if result.shape == "mapping":
        entries = tuple((Const(n), v) for n, v in zip(result.names, result.rows, strict=False) if n)
        rest = None if len(entries) == len(result.rows) else (Unknown("key"), Unknown("selected expression"))
        return frame.new(Dictionary(entries, rest))
    if not result.rows:
        return frame.unknown("row")
    return Tuple(result.rows, result.names)


def single(frame: Frame, value: Value) -> Value:
    """One object, not one of many."""
    match value:
        case Ref():
            obj = frame.entity(value)
            if obj is not None and obj.many:
                frame.put(value, replace(obj, many=False))
            return value
        case Tuple(items=items):
            for item in items:
                single(frame, item)
            return value
        case _:
            return value


__all__ = ["Life", "MappedAttribute", "method", "row", "single"]
