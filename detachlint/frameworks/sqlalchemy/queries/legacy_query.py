"""The legacy ``Query``."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.queries import execution, gets, results
from detachlint.frameworks.sqlalchemy.sessions import flush
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Instance
from detachlint.interpret.values import NONE, Ref, Statement, Value
from detachlint.resolve.symbols import External


def query_method(frame: Frame, query: Statement, name: str, args: Arguments, site: Site) -> Value | None:
    """Methods of a legacy ``Query`` (or a dynamic relationship) that execute."""
    session = query.session
    match name:
        case "all" | "__iter__" | "fetchall" | "yield_per":
            return _query_rows(frame, query, "all", site)
        case "first" | "one_or_none" | "scalar":
            return _query_rows(frame, query, name, site)
        case "one" | "first_or_404" | "one_or_404":
            return _query_rows(frame, query, "one", site)
        case "get" | "get_or_404":
            entity = query.items[0].entity if query.items else ""
            if entity not in frame.machine.graph.entities:
                return frame.unknown("entity that is not known")
            plan = execution.plan_of(frame, query, query.items[0])
            found = gets.get(frame, session, entity, args.get("ident", 0), plan, query.site)
            if name == "get" and frame.choose(2) == 1:
                return NONE
            return found
        case "count" | "exists" | "delete" | "update":
            if isinstance(session, Ref):
                flush.flush(frame, session.address, site)
            return frame.unknown("number")
        case "paginate":
            listed = _query_rows(frame, query, "all", site)
            return frame.new(Instance(External("flask_sqlalchemy.Pagination"), {"items": listed or NONE}))
        case "__getitem__":
            rows = _query_rows(frame, query, "all", site)
            if not args.positional:
                return rows
            sequence = frame.sequence(rows)
            return (
                sequence.rest if sequence is not None and sequence.rest is not None else frame.unknown("row")
            )
        case "__contains__" | "__len__":
            return None
        case _:
            return None


def _query_rows(frame: Frame, query: Statement, name: str, site: Site) -> Value | None:
    result = replace(execution.run(frame, query.session, query, site), duplicates=None)
    if len(query.items) == 1 and not query.items[0].attribute:
        result = replace(result, shape="scalar")
    return results.method(frame, result, name, Arguments(), site)
