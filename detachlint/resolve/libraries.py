"""Files of a program that have the name of a library: ``utils/datetime.py``, ``adapters/sqlalchemy/``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

from detachlint.parse import ir
from detachlint.resolve.bindings import Bindings
from detachlint.resolve.modules import Modules
from detachlint.resolve.symbols import ModuleInfo


class Namesakes:
    """Tells whether an import means a library or a file whose name only ends in the imported one."""

    def __init__(self, modules: Modules, bindings: Mapping[str, Bindings]) -> None:
        self._modules = modules
        self._bindings = bindings
        self._asked: dict[str, list[tuple[ModuleInfo, str, str]]] | None = None
        self._libraries: dict[tuple[str, str], bool] = {}

    def is_library(self, dotted: str, found: ModuleInfo) -> bool:
        """Whether an import of ``dotted`` means a library, not ``found``, whose name ends in it."""
        key = (dotted, found.key)
        known = self._libraries.get(key)
        if known is None:
            known = self._libraries[key] = (
                dotted.partition(".")[0] in sys.stdlib_module_names
                or self._imports_itself(dotted, found)
                or self._lacks_most(dotted, found)
            )
        return known

    def _imports_itself(self, dotted: str, found: ModuleInfo) -> bool:
        """A module that imports the name itself does not mean itself."""
        return any(
            name == dotted or (not found.is_package and name.startswith(f"{dotted}."))
            for binding in self._bindings[found.key].table.values()
            for name, _ in _imported(binding)
        )

    def _lacks_most(self, dotted: str, found: ModuleInfo) -> bool:
        """Whether the program asks that name for more than the files have: ``from sqlalchemy import select``
        beside ``adapters/sqlalchemy/types.py``.
        """
        if not found.name.endswith(f".{dotted}"):
            return False
        above = found.name.removesuffix(dotted)
        answers = [
            self._has(importer, above + name, wanted)
            for importer, name, wanted in self._imports_of(dotted.partition(".")[0])
            if self._modules.ending(dotted, importer) is found
        ]
        return answers.count(False) > answers.count(True)

    def _has(self, importer: ModuleInfo, name: str, wanted: str) -> bool:
        source = self._modules.named(name, importer)
        if source is None or source is importer:
            return False
        bindings = self._bindings[source.key]
        return (
            not wanted
            or wanted in bindings.table
            or "__getattr__" in bindings.table
            or bool(bindings.stars)
            or self._modules.named(f"{name}.{wanted}", importer) is not None
        )

    def _imports_of(self, root: str) -> list[tuple[ModuleInfo, str, str]]:
        """Who imports which name from which module below ``root``."""
        if self._asked is None:
            self._asked = {}
            for key, bindings in self._bindings.items():
                for binding in bindings.table.values():
                    for name, wanted in _imported(binding):
                        if wanted or "." in name:
                            asked = self._asked.setdefault(name.partition(".")[0], [])
                            asked.append((self._modules.by_key[key], name, wanted))
        return self._asked.get(root, [])


def _imported(binding: object) -> Iterator[tuple[str, str]]:
    """The modules that an import names, and what of each; "" for the module itself."""
    match binding:
        case ir.ImportFrom(module=module, level=0, names=names):
            for wanted, _ in names or (("", None),):
                yield module, wanted
        case ir.Import(names=names):
            for dotted, _ in names:
                yield dotted, ""
