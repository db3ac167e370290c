"""Apply the loader options that a function takes and ignores."""

from __future__ import annotations

import libcst as cst
import libcst.matchers as m

from detachlint.domain.edits import ApplyOptions
from detachlint.fix.options.place import new_method
from detachlint.fix.source.calls import append, callee, keyword
from detachlint.fix.source.change import Change
from detachlint.fix.source.document import CannotFixError
from detachlint.fix.source.project import Project

_QUERIES = ("select", "query", "get", "get_one")


def change(action: ApplyOptions, project: Project) -> Change:
    """At the one query of the function."""
    document = project.at(action.function)
    function = document.node(action.function.node)
    if not isinstance(function, cst.FunctionDef):
        raise CannotFixError("the function is not known")
    calls = [c for c in m.findall(function.body, m.Call()) if isinstance(c, cst.Call)]
    queries = [c for c in calls if callee(c) in _QUERIES and c.args]
    if len(queries) != 1:
        raise CannotFixError("it is not clear which query the options belong to")
    [query] = queries
    if callee(query) in ("get", "get_one"):
        if keyword(query, "options") is not None:
            raise CannotFixError("the query has options already")
        return Change(append(document, query, [f"options={action.parameter}"]))
    return Change(new_method(document, query, [f"*{action.parameter}"]))
