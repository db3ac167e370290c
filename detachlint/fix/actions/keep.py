"""``expire_on_commit=False`` at a session factory."""

from __future__ import annotations

import libcst as cst

from detachlint.domain.edits import KeepAfterCommit
from detachlint.fix.source.calls import append, keyword
from detachlint.fix.source.change import Change
from detachlint.fix.source.document import CannotFixError
from detachlint.fix.source.project import Project


def change(action: KeepAfterCommit, project: Project) -> Change:
    """Add the keyword, or change its value."""
    document = project.at(action.factory)
    call = document.node(action.factory.node)
    if not isinstance(call, cst.Call):
        raise CannotFixError("the session is not made by a plain call")
    given = keyword(call, "expire_on_commit")
    if given is not None:
        return Change((document.replace(document.start(given.value), document.end(given.value), "False"),))
    if any(arg.star == "**" for arg in call.args):
        raise CannotFixError("the arguments of the session factory come from elsewhere")
    return Change(append(document, call, ["expire_on_commit=False"]))
