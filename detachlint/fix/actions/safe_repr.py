"""A ``__repr__`` that reads nothing but what is loaded: the project's own, or the guarded one."""

from __future__ import annotations

import libcst as cst
import libcst.matchers as m

from detachlint.domain.edits import SafeRepr
from detachlint.domain.findings import Edit
from detachlint.fix.actions.loaded_state import inspect, leave_early, method_of
from detachlint.fix.source import names
from detachlint.fix.source.calls import append, callee
from detachlint.fix.source.change import Change
from detachlint.fix.source.document import CannotFixError, Document
from detachlint.fix.source.project import Project
from detachlint.fix.source.variables import Variables
from detachlint.resolve.symbols import ClassInfo

_MARK = "SafeRepr"
_CONDITIONAL = (cst.IfExp, cst.BooleanOperation, cst.Lambda, cst.CompFor, cst.NamedExpr)


def change(action: SafeRepr, project: Project) -> Change:
    """By the project's mixin if it has one and it fits, else by a guard of the read."""
    document = project.at(action.read)
    node = document.node(action.read.node)
    if document.function_of(node) is None:
        return _left_out(document, node)
    try:
        return _by_mixin(action, project, document, node)
    except CannotFixError:
        return _guarded(action, document, node)


def _left_out(document: Document, node: cst.CSTNode) -> Change:
    """A dataclass is told to print no such attribute."""
    statement = document.statement_of(node)
    made = [c for c in m.findall(statement, m.Call()) if callee(c) == "relationship"]
    if len(made) != 1 or not isinstance(made[0], cst.Call):
        raise CannotFixError("the attribute is not made by a plain `relationship()`")
    return Change(append(document, made[0], ["repr=False"]))


# ------------------------------------------------------------------------ the mixin


def _by_mixin(action: SafeRepr, project: Project, document: Document, node: cst.CSTNode) -> Change:
    """The method goes, and the class inherits the project's."""
    mixin = _mixin(project)
    entity = project.program.classes.get(action.entity)
    function, cls = document.function_of(node), document.class_of(node)
    if action.method != "__repr__" or mixin is None or entity is None or function is None or cls is None:
        raise CannotFixError("the project has no mixin for that")
    known = project.graph.entities.get(action.entity)
    if entity.module.path != document.path or (known is not None and known.is_dataclass):
        raise CannotFixError("the method is not that of the class alone")
    if m.findall(function, m.Comment()) or function.decorators or len(cls.body.body) == 1:
        raise CannotFixError("the method can't go")
    edits = [_without_method(document, function)]
    if mixin in project.program.mro(entity):
        return Change(tuple(edits))
    if not cls.bases or cls.name.value != entity.name:
        raise CannotFixError("the class has no bases")
    spelling = names.entity(project, document, mixin.qualname)
    edits.append(document.insert(document.start(cls.bases[0]), f"{spelling.text}, "))
    return Change(tuple(edits), spelling.imports)


def _mixin(project: Project) -> ClassInfo | None:
    """The class of the project that prints what is loaded."""
    found = [
        cls
        for cls in project.program.classes.values()
        if _MARK in cls.name
        and cls.qualname not in project.graph.entities
        and project.program.method(cls, "__repr__") is not None
    ]
    return min(found, key=lambda cls: cls.qualname) if found else None


def _without_method(document: Document, function: cst.FunctionDef) -> Edit:
    """The method and the blank lines before it."""
    start, end = document.line_start(document.start(function)), document.line_end(document.end(function))
    while start and not document.text[document.line_start(start - 1) : start].strip():
        start = document.line_start(start - 1)
    return document.replace(start, end, "")


# ------------------------------------------------------------------------ the guard


def _guarded(action: SafeRepr, document: Document, node: cst.CSTNode) -> Change:
    """A question mark stands for what is not loaded; where that has no place, Python's own text for an object
    stands for all of it.
    """
    function, own = method_of(document, node)
    spelling = inspect(document)
    field = _field(document, node)
    if field is not None:
        name = _free_name(document, function, action.attribute, field)
        if name is not None:
            edits = _before(document, field, name, action.attribute, f"{spelling.text}({own})")
            return Change(edits, spelling.imports)
    quote = document.quote
    condition = f"{quote}{action.attribute}{quote} in {spelling.text}({own}).unloaded"
    edit = leave_early(document, function, condition, f"object.__repr__({own})")
    return Change((edit,), spelling.imports)


def _field(document: Document, node: cst.CSTNode) -> cst.BaseExpression | None:
    """The field of an f-string that the read stands in, where it is computed whenever the method returns."""
    function = document.function_of(node)
    inner: cst.CSTNode = node
    field: cst.BaseExpression | None = None
    for each in document.ancestors(node):
        match each:
            case cst.FormattedStringExpression(expression=expression, equal=equal):
                if equal is not None or field is not None:
                    return None
                field = expression
            case cst.SimpleStatementLine():
                break
            case _ if field is not None and isinstance(each, _CONDITIONAL):
                return None
            case _:
                pass
        inner = each
    else:
        return None
    statement = document.statement_of(inner)
    body = function.body.body if function is not None else ()
    return field if statement in body else None


def _free_name(
    document: Document, function: cst.FunctionDef, attribute: str, value: cst.BaseExpression
) -> str | None:
    """A name for the field's value: that of the attribute, or of all that is read."""
    chain = document.source(value).split(".")[1:]
    candidates = [attribute, "_".join(chain)] if all(p.isidentifier() for p in chain) else [attribute]
    variables = Variables(document, function)
    return next((name for name in candidates if variables.is_free(name)), None)


def _before(
    document: Document, value: cst.BaseExpression, name: str, attribute: str, state: str
) -> tuple[Edit, ...]:
    """A variable for the field's value, in a line before the statement."""
    quote = document.quote
    statement = document.statement_of(value)
    at = document.line_start(document.start(statement))
    indent = document.indent(document.start(statement))
    unloaded = f"{quote}{attribute}{quote} in {state}.unloaded"
    loaded = document.source(value)
    if isinstance(value, cst.IfExp) and not value.lpar:
        loaded = f"({loaded})"
    line = f"{indent}{name} = {quote}?{quote} if {unloaded} else {loaded}{document.newline}"
    return (
        document.insert(at, line),
        document.replace(document.start(value), document.end(value), name),
    )
