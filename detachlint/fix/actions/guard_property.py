"""A guard for a property of a model that may answer None."""

from __future__ import annotations

import libcst as cst
import libcst.matchers as m

from detachlint.domain.edits import GuardProperty
from detachlint.fix.actions.loaded_state import inspect, leave_early, method_of
from detachlint.fix.source.change import Change
from detachlint.fix.source.document import CannotFixError
from detachlint.fix.source.project import Project


def change(action: GuardProperty, project: Project) -> Change:
    """It answers None while what it reads is not loaded, where its annotation allows for that."""
    document = project.at(action.read)
    function, own = method_of(document, document.node(action.read.node))
    if not _may_be_none(function):
        raise CannotFixError("what it should answer when it can't know is for its author to say")
    spelling = inspect(document)
    quote = document.quote
    condition = f"{quote}{action.attribute}{quote} in {spelling.text}({own}).unloaded"
    return Change((leave_early(document, function, condition, "None"),), spelling.imports)


def _may_be_none(function: cst.FunctionDef) -> bool:
    annotation = function.returns.annotation if function.returns is not None else None
    match annotation:
        case cst.SimpleString(value=text):
            return "None" in text or "Optional[" in text
        case cst.BinaryOperation():
            return bool(m.findall(annotation, m.Name("None")))
        case cst.Subscript(value=cst.Name(value="Optional") | cst.Attribute(attr=cst.Name(value="Optional"))):
            return True
        case _:
            return False
