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


class Mentions:
    """The names that each module uses, by the application and by its tests."""

    def __init__(self, program: Program) -> None:
        self.application: set[str] = set()
        self.tests: set[str] = set()
        self._elsewhere: dict[str, set[str]] = {}
        for module in program.modules.values():
            used = _used(module)
            if is_test(module):
                self.tests |= used
                continue
            self.application |= used
            for name in used:
                self._elsewhere.setdefault(name, set()).add(module.key)

    @property
    def everywhere(self) -> set[str]:
        return self.application | self.tests

    def is_stand_in(self, cls: ClassInfo) -> bool:
        """Whether only tests make objects of the class."""
        if is_test(cls.module):
            return True
        return cls.name in self.tests and not self._elsewhere.get(cls.name, set()) - {cls.module.key}


def _used(module: ModuleInfo) -> set[str]:
    found: set[str] = set()
    for node in nodes(module.ir):
        match node:
            case ir.Name(id=name) | ir.Attribute(attr=name):
                found.add(name)
            case _:
                pass
    return found
