"""Another name in ``refresh(obj, ["name"])``."""

from __future__ import annotations

import libcst as cst
import libcst.matchers as m

from detachlint.domain.edits import NameAttribute
from detachlint.fix.source.change import Change
from detachlint.fix.source.document import CannotFixError
from detachlint.fix.source.project import Project


def change(action: NameAttribute, project: Project) -> Change:
    """The text between the quotation marks."""
    document = project.at(action.call)
    found = [
        text
        for text in m.findall(document.node(action.call.node), m.SimpleString())
        if isinstance(text, cst.SimpleString) and text.evaluated_value == action.written
    ]
    if len(found) != 1:
        raise CannotFixError("the name is not written there")
    [text] = found
    start = document.start(text) + len(text.prefix) + len(text.quote)
    return Change((document.replace(start, start + len(text.raw_value), action.meant),))
