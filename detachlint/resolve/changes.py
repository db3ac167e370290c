"""What an edit has changed: the bodies of some functions, or more than that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec import Struct

from detachlint.domain.source import Site
from detachlint.parse import ir
from detachlint.parse.walk import nodes
from detachlint.resolve.program import Program


@dataclass(frozen=True, slots=True)
class Changes:
    """A program compared with an earlier one that differs in functions and imports only.

    Args:
        functions: qualified names of those that differ.
        moved: path -> ordinal in the earlier program -> ordinal now, of all nodes of the files that differ. A
            node of a changed function which is not found again stands for the function.
        within: path -> ordinals in the earlier program of the nodes of changed functions.
    """

    functions: frozenset[str] = frozenset()
    moved: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    within: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def move(self, site: Site) -> Site:
        moved = self.moved.get(site.path)
        return Site(site.path, moved.get(site.node, site.node)) if moved is not None else site

    def is_within(self, site: Site) -> bool:
        """Whether the site, of the earlier program, is in a function that was changed."""
        return site.node in self.within.get(site.path, ())


def changes(before: Program, after: Program) -> Changes | None:
    """What is different; None if it is more than functions and imports."""
    if _files(before) != _files(after):
        return None
    functions: set[str] = set()
    moved: dict[str, Mapping[int, int]] = {}
    within: dict[str, frozenset[int]] = {}
    for key, module in before.modules.items():
        now = after.modules[key]
        if module.ir is now.ir:
            continue
        comparison = _Comparison()
        if not comparison.blocks(module.ir.body, now.ir.body):
            return None
        moved[module.path] = comparison.moved
        within[module.path] = frozenset(comparison.within)
        changed = comparison.changed
        functions |= {
            f.qualname for f in before.functions.values() if f.module is module and f.node.n in changed
        }
    return Changes(frozenset(functions), moved, within)


def _files(program: Program) -> list[tuple[str, str]]:
    return [(module.key, module.path) for module in program.modules.values()]


class _Comparison:
    """Two versions of a file.

    Attributes:
        changed: ordinals, in the first one, of the functions that differ.
    """

    def __init__(self) -> None:
        self.moved: dict[int, int] = {}
        self.within: set[int] = set()
        self.changed: set[int] = set()

    def blocks(self, old: ir.Block, new: ir.Block) -> bool:
        """Whether the statements differ in functions and imports only."""
        old, new = _without_imports(old), _without_imports(new)
        return len(old) == len(new) and all(self._statements(a, b) for a, b in zip(old, new, strict=True))

    def _statements(self, old: ir.Stmt, new: ir.Stmt) -> bool:
        match old, new:
            case ir.FunctionDef(), ir.FunctionDef():
                return self._functions(old, new)
            case ir.ClassDef(), ir.ClassDef():
                head = (old.name, old.bases, old.decorators, old.type_params)
                return self._same(head, (new.name, new.bases, new.decorators, new.type_params)) and (
                    self._kept(old, new) and self.blocks(old.body, new.body)
                )
            case ir.If(), ir.If():
                return (
                    self._same(old.test, new.test)
                    and self._kept(old, new)
                    and self.blocks(old.body, new.body)
                    and self.blocks(old.orelse, new.orelse)
                )
            case _:
                return self._same(old, new)

    def _functions(self, old: ir.FunctionDef, new: ir.FunctionDef) -> bool:
        if self._same(old, new):
            return True
        if old.name != new.name or not self._same(old.decorators, new.decorators):
            return False
        self.changed.add(old.n)
        ordinals = [node.n for node in nodes(old)]
        self.within.update(ordinals)
        self.moved.update(dict.fromkeys(ordinals, new.n))
        self._same(old.decorators, new.decorators)
        return True

    def _kept(self, old: ir.Node, new: ir.Node) -> bool:
        self.moved[old.n] = new.n
        return True

    def _same(self, old: object, new: object) -> bool:
        """Whether two pieces are alike but for their ordinals, which are noted."""
        if isinstance(old, tuple) and isinstance(new, tuple):
            return len(old) == len(new) and all(self._same(a, b) for a, b in zip(old, new, strict=True))
        if not isinstance(old, Struct):
            return type(old) is type(new) and old == new
        if type(old) is not type(new):
            return False
        names = old.__struct_fields__
        if isinstance(old, ir.Node) and isinstance(new, ir.Node):
            self.moved[old.n] = new.n
            names = names[1:]
        return all(self._same(getattr(old, name), getattr(new, name)) for name in names)


def _without_imports(block: ir.Block) -> ir.Block:
    return tuple(s for s in block if not isinstance(s, (ir.Import, ir.ImportFrom)))
