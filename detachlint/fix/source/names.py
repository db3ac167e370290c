"""How a file spells what it uses, and the imports that it lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from detachlint.fix.source.document import CannotFixError, Document
from detachlint.fix.source.project import Project
from detachlint.parse import ir
from detachlint.parse.lower import dotted
from detachlint.resolve.symbols import ClassInfo, External, FunctionInfo, ModuleInfo, ModuleSymbol


@dataclass(frozen=True, slots=True, order=True)
class NeededImport:
    """``from module import name`` is needed in the file at ``path``."""

    path: str
    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Spelling:
    """An expression for something, and the imports that it needs."""

    text: str
    imports: frozenset[NeededImport] = frozenset()


@dataclass(frozen=True, slots=True)
class Imported:
    """A name that an import statement at the top level of a file binds.

    Args:
        module: what it is imported from; for ``import a.b as c`` the whole dotted name.
        name: the name there; "" for a module.
    """

    local: str
    module: str
    name: str
    statement: cst.Import | cst.ImportFrom


def imports_of(document: Document) -> Iterator[Imported]:
    """The imports that run when the file is loaded, not those for the type checker alone."""
    for line in document.module.body:
        if not isinstance(line, cst.SimpleStatementLine):
            continue
        for statement in line.body:
            if isinstance(statement, cst.ImportFrom) and not isinstance(statement.names, cst.ImportStar):
                module = "." * len(statement.relative) + (
                    dotted(statement.module) if statement.module else ""
                )
                for alias in statement.names:
                    name = dotted(alias.name)
                    yield Imported(_local(alias) or name, module, name, statement)
            elif isinstance(statement, cst.Import):
                for alias in statement.names:
                    name = dotted(alias.name)
                    yield Imported(_local(alias) or name, name, "", statement)


def _local(alias: cst.ImportAlias) -> str:
    return dotted(alias.asname.name) if alias.asname and isinstance(alias.asname.name, cst.Name) else ""


def library(document: Document, module: str, name: str) -> Spelling:
    """A thing of a library, by what the file imports already, or with an import of its own."""
    listed = list(imports_of(document))
    for each in listed:
        if each.name == name and each.module.partition(".")[0] == module.partition(".")[0]:
            return Spelling(each.local)
    for each in listed:
        whole = f"{each.module}.{each.name}" if each.name else each.module
        if whole == module:
            return Spelling(f"{each.local}.{name}")
    if name in bound_names(document):
        raise CannotFixError(f"`{name}` means something else in {document.path}")
    return Spelling(name, frozenset({NeededImport(document.path, module, name)}))


def entity(project: Project, document: Document, qualname: str) -> Spelling:
    """A class of the program."""
    cls = project.program.classes.get(qualname)
    if cls is None:
        raise CannotFixError(f"`{qualname.rpartition('.')[2]}` cannot be imported")
    return _spell(project, document, cls)


def function(project: Project, document: Document, qualname: str) -> Spelling:
    """A function of the program, one at the top level of a module."""
    info = project.program.functions.get(qualname)
    if info is None:
        raise CannotFixError(f"`{qualname.rpartition('.')[2]}` cannot be imported")
    return _spell(project, document, info)


def _spell(project: Project, document: Document, wanted: ClassInfo | FunctionInfo) -> Spelling:
    program = project.program
    module = program.by_path[document.path]
    local = wanted.qualname.rpartition(".")[2]
    names = [each.local for each in imports_of(document) if each.name] + [
        s.name.value for s in document.module.body if isinstance(s, (cst.ClassDef, cst.FunctionDef))
    ]
    for name in sorted(names, key=lambda n: n != local):
        if program.lookup(module, name) is wanted:
            return Spelling(name)
    for each in imports_of(document):
        found = program.lookup(module, each.local.partition(".")[0])
        for part in each.local.split(".")[1:]:
            found = program.member(found, part)
        if isinstance(found, ModuleSymbol) and program.member(found, local) is wanted:
            return Spelling(f"{each.local}.{local}")
    return _imported(project, document, module, wanted, local)


def _imported(
    project: Project, document: Document, module: ModuleInfo, wanted: ClassInfo | FunctionInfo, local: str
) -> Spelling:
    if wanted.qualname != f"{wanted.module.key}.{local}":
        raise CannotFixError(f"`{local}` cannot be imported")
    if local in bound_names(document):
        raise CannotFixError(f"`{local}` means something else in {document.path}")
    source = _usual_source(project, wanted, local)
    target = project.program.find(source, module)
    if isinstance(target, ModuleSymbol) and _reaches(project, target.module, module):
        raise CannotFixError(f"importing `{local}` in {document.path} would be circular")
    return Spelling(local, frozenset({NeededImport(document.path, source, local)}))


def _usual_source(project: Project, wanted: ClassInfo | FunctionInfo, local: str) -> str:
    """Where the rest of the program imports the thing from: of its own module and the packages that give it
    on, the commonest.
    """
    program = project.program
    seen: Counter[str] = Counter()
    for module in program.modules.values():
        for node in module.ir.body:
            if isinstance(node, ir.ImportFrom) and node.level == 0 and node.names is not None:
                source = program.import_target(module, node)
                public = isinstance(source, ModuleSymbol) and (
                    source.module.is_package or source.module is wanted.module
                )
                for name, _ in node.names:
                    if public and name == local and program.member(source, name) is wanted:
                        seen[node.module] += 1
    if not seen:
        return wanted.module.name
    most = max(seen.values())
    return min(
        (name for name, count in seen.items() if count == most), key=lambda n: (n != wanted.module.name, n)
    )


def _reaches(project: Project, start: ModuleInfo, wanted: ModuleInfo) -> bool:
    """Whether loading ``start`` loads ``wanted``."""
    todo, seen = [start], {start.key}
    while todo:
        module = todo.pop()
        if module is wanted:
            return True
        for node in module.ir.body:
            for found in _loaded_by(project, module, node):
                if found.key not in seen:
                    seen.add(found.key)
                    todo.append(found)
    return False


def _loaded_by(project: Project, module: ModuleInfo, node: ir.Stmt) -> Iterator[ModuleInfo]:
    program = project.program
    symbols = []
    match node:
        case ir.Import(names=names):
            symbols = [program.find(name, module) for name, _ in names]
        case ir.ImportFrom(names=names):
            source = program.import_target(module, node)
            symbols = [source, *(program.member(source, name) for name, _ in names or ())]
        case _:
            pass
    for symbol in symbols:
        if isinstance(symbol, ModuleSymbol):
            yield symbol.module


def bound_names(document: Document) -> set[str]:
    """Names that the file binds anywhere, imports for the type checker included."""
    return {
        *(node.name.value for node in document.all(cst.FunctionDef)),
        *(node.name.value for node in document.all(cst.ClassDef)),
        *(_local(node) or dotted(node.name).partition(".")[0] for node in document.all(cst.ImportAlias)),
        *(n.target.value for n in document.all(cst.AssignTarget) if isinstance(n.target, cst.Name)),
        *(node.name.value for node in document.all(cst.Param)),
    }


def meaning(project: Project, document: Document, node: cst.BaseExpression) -> ClassInfo | str | None:
    """What a dotted name at the top level of the file means: a class of the program, or the last part of a
    library's name.
    """
    parts = dotted(node).split(".")
    if not parts[0]:
        return None
    expression: ir.Expr = ir.Name(0, parts[0])
    for part in parts[1:]:
        expression = ir.Attribute(0, expression, part)
    found = project.program.resolve(project.program.by_path[document.path], expression)
    match found:
        case ClassInfo():
            return found
        case External():
            return found.leaf
        case _:
            return None
