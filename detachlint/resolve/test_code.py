"""Which modules are tests: what they call is called by others too, and what only they name is a stand-in."""

from __future__ import annotations

from pathlib import PurePosixPath

from detachlint.parse import ir
from detachlint.parse.walk import nodes
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import ClassInfo, ModuleInfo

_FOLDERS = frozenset({"test", "tests"})


def is_test(module: ModuleInfo) -> bool:
    """Whether the file is one that pytest or unittest runs, or stands beside such files."""
    path = PurePosixPath(module.path)
    stem = path.stem
    return (
        stem == "conftest"
        or stem.startswith("test_")
        or stem.endswith("_test")
        or any(folder in _FOLDERS for folder in path.parts[:-1])
    )


class NamesInUse:
    """The names that a program's modules use.

    Attributes:
        application: those that the application uses.
        everywhere: those that the application or its tests use.
    """

    def __init__(self, program: Program) -> None:
        self._in_tests: set[str] = set()
        self._modules: dict[str, set[str]] = {}  # of the application, by the name that they use
        for module in program.modules.values():
            used = _used(module)
            if is_test(module):
                self._in_tests |= used
                continue
            for name in used:
                self._modules.setdefault(name, set()).add(module.key)
        self.application = frozenset(self._modules)
        self.everywhere = self.application | self._in_tests

    def is_stand_in(self, cls: ClassInfo) -> bool:
        """Whether only tests, and the module of the class itself, use its name."""
        if is_test(cls.module):
            return True
        return cls.name in self._in_tests and self._modules.get(cls.name, set()) <= {cls.module.key}


def _used(module: ModuleInfo) -> set[str]:
    found: set[str] = set()
    for node in nodes(module.ir):
        match node:
            case ir.Name(id=name) | ir.Attribute(attr=name):
                found.add(name)
            case _:
                pass
    return found
