"""fastapi-pagination: ``paginate(session, select(Order))`` gives a page of the rows.

Source: fastapi_pagination/ext/sqlalchemy.py and api.py of 0.16. The library makes the page of the route's
response model while it paginates, in a greenlet, where lazy loading works: one query for each row. Here that
is done where the route returns, like for any response.
"""

from __future__ import annotations

from detachlint.domain.source import Site
from detachlint.frameworks.base import Nothing
from detachlint.interpret.calls.invoke import call, call_member, settle
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Instance
from detachlint.interpret.values import NONE, Awaitable, Ref, Statement, Value
from detachlint.resolve.symbols import External

ROOT = "fastapi_pagination"
PAGE = External("fastapi_pagination.Page")
SESSION = "<session>"


class Pagination(Nothing):
    """Implements the Framework protocol; pydantic's validation knows the classes of pages."""

    def call(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
        if name.root != ROOT or name.leaf not in ("paginate", "apaginate"):
            return None
        found = _rows(frame, args, site)
        if found is None:
            return None
        items, session = found
        transformer = args.get("transformer")
        if transformer is not None and transformer != NONE:
            items = settle(frame, call(frame, transformer, Arguments((items,)), site))
        fields = {"items": items, "total": frame.unknown("number"), SESSION: session}
        page = frame.new(Instance(PAGE, fields))
        live = frame.session(session)
        is_async = name.leaf == "apaginate" or (live is not None and live.is_async)
        return Awaitable(page) if is_async else page


def _rows(frame: Frame, args: Arguments, site: Site) -> tuple[Value, Value] | None:
    """The rows of the page, and the session that they came from; None for rows that were there."""
    values = [frame.split(value) for value in args.all]
    first = values[0] if values else None
    if isinstance(first, Ref) and frame.sequence(first) is not None:
        return first, NONE
    statement = next((value for value in values if isinstance(value, Statement)), None)
    if statement is None:
        return None
    if statement.kind == "query":
        return call_member(frame, statement, "all", Arguments(), site), NONE
    session = next((value for value in values if frame.session(value) is not None), None)
    if session is None:
        return None
    result = settle(frame, call_member(frame, session, "execute", Arguments((statement,)), site))
    for step in ("unique", "scalars", "all") if len(statement.items) == 1 else ("unique", "all"):
        result = call_member(frame, result, step, Arguments(), site)
    return result, session
