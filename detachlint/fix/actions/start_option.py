"""An option for a class that the query does not select, begun at the one that it does."""

from __future__ import annotations

import libcst as cst
import libcst.matchers as m

from detachlint.domain.edits import StartOption
from detachlint.fix.options.place import statement_methods
from detachlint.fix.source import layout
from detachlint.fix.source.calls import callee
from detachlint.fix.source.change import Change
from detachlint.fix.source.document import CannotFixError, Document
from detachlint.fix.source.names import entity, library, meaning
from detachlint.fix.source.project import Project
from detachlint.resolve.symbols import ClassInfo


def change(action: StartOption, project: Project) -> Change:
    """``selectinload(B.c)`` becomes ``joinedload(A.b).selectinload(B.c)``."""
    document = project.at(action.query)
    query = document.node(action.query.node)
    if not isinstance(query, cst.BaseExpression):
        raise CannotFixError("the query is not known")
    found = [
        option
        for method in statement_methods(document, query)
        if callee(method) == "options"
        for argument in method.args
        if (option := _first(argument.value)) is not None and _is_meant(action, project, document, option)
    ]
    if len(found) != 1:
        raise CannotFixError("the option is not written at the query")
    [option] = found
    loader = library(document, "sqlalchemy.orm", "selectinload" if action.via.to_many else "joinedload")
    owner = entity(project, document, action.via.entity)
    begin = f"{loader.text}({owner.text}.{action.via.attribute}).{callee(option)}"
    edit = document.replace(document.start(option.func), document.end(option.func), begin)
    return Change(layout.fit(document, query, (edit,)), loader.imports | owner.imports)


def _first(option: cst.BaseExpression) -> cst.Call | None:
    """The call that an option begins with: ``joinedload(A.b)`` of ``joinedload(A.b).joinedload(B.c)``."""
    while m.matches(option, m.Call(func=m.Attribute(value=m.Call()))):
        assert isinstance(option, cst.Call)
        assert isinstance(option.func, cst.Attribute)
        option = option.func.value
    return option if isinstance(option, cst.Call) else None


def _is_meant(action: StartOption, project: Project, document: Document, option: cst.Call) -> bool:
    argument = option.args[0].value if option.args else None
    if not isinstance(argument, cst.Attribute) or argument.attr.value != action.attribute:
        return False
    owner = meaning(project, document, argument.value)
    return isinstance(owner, ClassInfo) and owner.qualname == action.entity
