"""What the module has to import."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

from detachlint.synthesis.layout import from_import


class Imports:
    """Collects names while the functions are written.

    Args:
        classes: dotted name of a class -> its name in the module.
        program: the top-level packages of the program.
    """

    def __init__(self, classes: Mapping[str, str], program: frozenset[str]) -> None:
        self._classes = classes
        self._program = program
        self._names: dict[str, set[str]] = {}

    def of(self, module: str, name: str) -> str:
        """The name of something of a library."""
        self._names.setdefault(module, set()).add(name)
        return name

    def of_class(self, dotted: str) -> str:
        """The name of a class, of the program or of a library."""
        module, _, name = dotted.rpartition(".")
        known = self._classes[dotted]
        self._names.setdefault(module, set()).add(name if known == name else f"{name} as {known}")
        return known

    def lines(self) -> Iterator[str]:
        """The import statements: standard library, libraries, program."""
        groups: dict[int, list[str]] = {}
        for module in sorted(self._names):
            names = sorted(self._names[module], key=_key)
            groups.setdefault(self._group(module), []).extend(from_import(module, names))
        for index, group in enumerate(sorted(groups)):
            if index:
                yield ""
            yield from groups[group]

    def _group(self, module: str) -> int:
        root = module.partition(".")[0]
        if root in self._program:
            return 2
        return 0 if root in sys.stdlib_module_names else 1


def _key(name: str) -> tuple[int, str, str]:
    """As isort sorts: constants, classes, functions, each without looking at the case of letters."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.lower(), name
