"""The modules of a program by name. Two files may have one name: the nearer to the importer is meant."""

from __future__ import annotations

from collections.abc import Iterable

from detachlint.parse import ir
from detachlint.resolve.symbols import ModuleInfo


class Modules:
    """All files.

    Attributes:
        by_key: by a name that is unique.
    """

    def __init__(self, modules: Iterable[tuple[str, str, bool, ir.Module]]) -> None:
        self.by_key: dict[str, ModuleInfo] = {}
        self.by_path: dict[str, ModuleInfo] = {}
        self._by_name: dict[str, list[ModuleInfo]] = {}
        self._tails: dict[str, list[ModuleInfo]] = {}
        seen: set[str] = set()
        for name, path, is_package, tree in sorted(modules, key=lambda m: m[1]):
            key = name if name not in seen else f"{name}@{path}"
            seen.add(name)
            info = ModuleInfo(key, name, path, is_package, tree)
            self.by_key[key] = info
            self.by_path[path] = info
            self._by_name.setdefault(name, []).append(info)
            self._tails.setdefault(name.rpartition(".")[2], []).append(info)
        self._roots = {name.partition(".")[0] for name in self._by_name}
        self._above = {
            ".".join(parts[:count])
            for parts in (name.split(".") for name in self._by_name)
            for count in range(1, len(parts))
        }

    def named(self, dotted: str, near: ModuleInfo | None) -> ModuleInfo | None:
        """The module of that name.

        Args:
            near: who asks.
        """
        return _nearest(self._by_name.get(dotted), near)

    def ending(self, dotted: str, near: ModuleInfo | None) -> ModuleInfo | None:
        """A module of which only the end of the name is known, by its own path or by the importer."""
        alike = [
            m
            for m in self._tails.get(dotted.rpartition(".")[2], ())
            if m.name.endswith("." + dotted) or (dotted.endswith("." + m.name) and "." in m.name)
        ]
        return _nearest(alike, near)

    def has_root_of(self, dotted: str) -> bool:
        """Whether the first part of the name is a package or module of the program."""
        return dotted.partition(".")[0] in self._roots

    def is_namespace(self, dotted: str) -> bool:
        """Whether modules lie below that name."""
        return dotted in self._above


def _nearest(candidates: list[ModuleInfo] | None, near: ModuleInfo | None) -> ModuleInfo | None:
    if not candidates:
        return None
    if len(candidates) == 1 or near is None:
        return candidates[0]
    return max(candidates, key=lambda m: (shared_folders(m.path, near.path), m.path))


def shared_folders(left: str, right: str) -> int:
    """How many leading folders two paths share."""
    count = 0
    for a, b in zip(left.split("/")[:-1], right.split("/")[:-1], strict=False):
        if a != b:
            break
        count += 1
    return count
