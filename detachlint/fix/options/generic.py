"""Whether a function works for one mapped class, or for any that its caller has in mind."""

from __future__ import annotations

import libcst as cst

from detachlint.fix.source.document import Document
from detachlint.fix.source.names import meaning
from detachlint.fix.source.parameters import parameters, passed
from detachlint.fix.source.project import Project
from detachlint.parse import ir
from detachlint.resolve.symbols import Assigned, ClassInfo, External

_SELF = frozenset({"self", "cls"})


def knows_class(
    project: Project,
    document: Document,
    function: cst.FunctionDef,
    selected: cst.BaseExpression | None,
    outer: Document,
    call: cst.Call,
) -> tuple[bool, cst.BaseExpression | None]:
    """Whether the code around a call of ``function`` says which class is queried.

    Args:
        document: the file of ``function``.
        selected: what the query in ``function`` is made for; None where that is not known.
        outer: the file of the call.

    Returns:
        That, and what the call passes for ``selected``, to be asked about the calls of its own function.
    """
    caller = outer.function_of(call)
    if caller is None:
        return True, None
    if isinstance(selected, cst.Name) and selected.value in parameters(function) and selected.value != "cls":
        given = passed(document, function, call, selected.value)
        if given is None or isinstance(meaning(project, outer, given), ClassInfo):
            return True, None
        if isinstance(given, cst.Name) and given.value in parameters(caller):
            return False, given
        return not is_shared(project, outer, call), given
    receiver = call.func.value if isinstance(call.func, cst.Attribute) else None
    if (
        isinstance(receiver, cst.Name)
        and receiver.value not in _SELF
        and receiver.value in parameters(caller)
    ):
        return _is_of_one_class(project, outer, caller, receiver.value), None
    return not is_shared(project, outer, call), None


def _is_of_one_class(project: Project, document: Document, function: cst.FunctionDef, name: str) -> bool:
    """Whether the annotation of a parameter says which class the object in it works for."""
    for param in (*function.params.posonly_params, *function.params.params, *function.params.kwonly_params):
        if param.name.value == name and param.annotation is not None:
            annotation = param.annotation.annotation
            found = meaning(project, document, annotation)
            if isinstance(found, ClassInfo):
                return not _serves_several(project, found)
            return isinstance(annotation, cst.Subscript)
    return False


def is_shared(project: Project, document: Document, node: cst.CSTNode) -> bool:
    """Whether the method around ``node`` is one of a class that others inherit from, or that is generic."""
    around = document.class_of(node)
    module = project.program.by_path[document.path]
    if around is None:
        return False
    for cls in project.program.classes.values():
        if cls.module is module and document.node(cls.node.n) is around:
            return _serves_several(project, cls)
    return True


def _serves_several(project: Project, cls: ClassInfo) -> bool:
    program = project.program
    if cls.node.type_params:
        return True
    for base, expression in program.bases(cls):
        if isinstance(base, External) and base.leaf in ("Generic", "Protocol"):
            return True
        if isinstance(expression, ir.Subscript) and _has_variable(project, cls, expression.index):
            return True
    return any(cls in program.mro(other)[1:] for other in program.classes.values())


def _has_variable(project: Project, cls: ClassInfo, index: ir.Expr) -> bool:
    items = index.items if isinstance(index, ir.Display) else (index,)
    found = [project.program.resolve(cls.module, item) for item in items]
    return any(
        isinstance(each, Assigned) and isinstance(each.value, ir.Call) and leaf(each.value.func) == "TypeVar"
        for each in found
    )


def leaf(node: ir.Expr) -> str:
    """The last part of a name."""
    match node:
        case ir.Name(id=name) | ir.Attribute(attr=name):
            return name
        case _:
            return ""
