"""The project's middleware, installed where the application is made."""

from __future__ import annotations

import libcst as cst

from detachlint.domain.edits import InstallMiddleware
from detachlint.fix.source import names
from detachlint.fix.source.change import Change
from detachlint.fix.source.document import CannotFixError, Document
from detachlint.fix.source.project import Project
from detachlint.resolve.symbols import ClassInfo


def change(action: InstallMiddleware, project: Project) -> Change:
    """A line behind the statement that makes the application: what is added later stands outside of it."""
    cls = project.program.classes.get(action.middleware)
    if cls is None:
        raise CannotFixError("the middleware is not known")
    _check_arguments(project, cls)
    document = project.at(action.app)
    made = document.node(action.app.node)
    spelling = names.entity(project, document, action.middleware)
    line = f"{_variable(document, made)}.add_middleware({spelling.text})"
    return Change((document.add_line_after(made, line),), spelling.imports)


def _check_arguments(project: Project, cls: ClassInfo) -> None:
    """Nobody but the author knows what else it is to be given."""
    for each in project.program.mro(cls):
        made = project.program.method(each, "__init__") if isinstance(each, ClassInfo) else None
        if made is not None:
            required = [p for p in made.node.params[2:] if p.default is None and p.kind not in ("*", "**")]
            if required:
                raise CannotFixError(f"`{cls.name}` takes arguments: {', '.join(p.name for p in required)}")
            return


def _variable(document: Document, made: cst.CSTNode) -> str:
    match document.parent(made):
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name() | cst.Attribute() as target)]):
            return document.source(target)
        case cst.AnnAssign(target=cst.Name() | cst.Attribute() as target):
            return document.source(target)
        case _:
            raise CannotFixError("the application has no name of its own")
