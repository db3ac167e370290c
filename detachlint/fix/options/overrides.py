"""The other methods that a call of one may run, and who else looks at its parameters."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
import libcst.matchers as m

from detachlint.fix.source.document import CannotFixError, Document
from detachlint.fix.source.project import Project
from detachlint.parse import ir
from detachlint.parse.walk import calls
from detachlint.resolve.symbols import ClassInfo, External, FunctionInfo

_MAX_OVERRIDES = 12


def others_of(
    project: Project, document: Document, function: cst.FunctionDef
) -> Iterator[tuple[Document, cst.FunctionDef, bool]]:
    """The methods of that name in the classes that it is inherited by, and in those that declare it.

    Yields:
        Each with its file, and whether it is a mere declaration.
    """
    info = _info(project, document, function)
    if info is None or info.owner is None:
        return
    program, owner = project.program, info.owner
    declaring = [
        cls
        for cls in program.mro(owner)
        if isinstance(cls, ClassInfo) and program.method(cls, info.name) is not None
    ]
    top = declaring[-1]
    found = sorted(
        (cls for cls in program.classes.values() if top in program.mro(cls) and cls is not owner),
        key=lambda cls: cls.qualname,
    )
    methods = [method for cls in found if (method := program.method(cls, info.name)) is not None]
    if len(methods) > _MAX_OVERRIDES:
        raise CannotFixError(f"too many classes have a method `{info.name}()` of their own")
    if _states_protocol(project, owner, info.name, top):
        raise CannotFixError(f"a protocol says which parameters `{info.name}()` has")
    for method in methods:
        other = project.document(method.module.path)
        node = other.node(method.node.n)
        if isinstance(node, cst.FunctionDef):
            yield other, node, _is_stub(node)


def _states_protocol(project: Project, owner: ClassInfo, name: str, top: ClassInfo) -> bool:
    """Whether the class has all methods of a protocol that it does not name as a base."""
    program = project.program
    own = {
        member for cls in program.mro(owner) if isinstance(cls, ClassInfo) for member in program.members(cls)
    }
    for cls in program.classes.values():
        is_protocol = any(isinstance(b, External) and b.leaf == "Protocol" for b, _ in program.bases(cls))
        if is_protocol and top not in program.mro(cls) and cls not in program.mro(owner):
            members = set(program.members(cls))
            if name in members and members <= own:
                return True
    return False


def _info(project: Project, document: Document, function: cst.FunctionDef) -> FunctionInfo | None:
    for info in project.program.functions.values():
        if info.module.path == document.path and document.node(info.node.n) is function:
            return info
    return None


def _is_stub(function: cst.FunctionDef) -> bool:
    """Whether its body says nothing: a docstring, ``...``, ``pass``, ``raise NotImplementedError``."""
    if any(m.matches(d.decorator, m.Name("abstractmethod") | m.Attribute(attr=m.Name("abstractmethod")))
           for d in function.decorators) and not m.findall(function.body, m.Call()):  # fmt: skip
        return True
    for statement in function.body.body:
        parts = statement.body if isinstance(statement, cst.SimpleStatementLine) else (statement,)
        for part in parts:
            match part:
                case cst.Pass() | cst.Raise():
                    pass
                case cst.Expr(value=cst.Ellipsis() | cst.SimpleString() | cst.ConcatenatedString()):
                    pass
                case _:
                    return False
    return True


def is_inspected(project: Project, document: Document, function: cst.FunctionDef) -> bool:
    """Whether the function itself, and not what it returns, is given to a class of a library, such as
    ``Depends(function)``, which takes its parameters for something that it has to find.
    """
    name = function.name.value
    info = _info(project, document, function)
    for path in sorted(project.program.by_path):
        text = project.texts[path]
        if name not in text:
            continue
        module = project.program.by_path[path]
        for call in calls(module.ir):
            if not _is_class_of_library(project, path, call.func):
                continue
            for arg in call.args:
                match arg.value:
                    case ir.Name():
                        if project.program.resolve(module, arg.value) is info:
                            return True
                    case ir.Attribute(attr=attr) if attr == name:
                        return True
                    case _:
                        pass
    return False


def _is_class_of_library(project: Project, path: str, func: ir.Expr) -> bool:
    found = project.program.resolve(project.program.by_path[path], func)
    return isinstance(found, External) and found.leaf[:1].isupper()
