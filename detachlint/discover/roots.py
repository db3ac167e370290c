"""Source roots: the folders that Python imports from, and so the dotted name of each file."""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", ".git")
_IMPORT = re.compile(rb"^[ \t]*(?:from|import)[ \t]+([A-Za-z_][\w.]*)", re.MULTILINE)

_SRC = "src"

_SAMPLE = 400
"""Files of a project that are looked into for imports: their first lines are enough to tell the root."""

_HEAD = 4096


def source_roots(files: Iterable[tuple[Path, Path]], configured: Sequence[Path]) -> dict[Path, Path]:
    """The source root of each file.

    The root of a file in a regular package is the folder above the topmost ``__init__.py``, or one further
    up: packages need no ``__init__.py``. Which one it is shows in the imports, for a name that the files
    import is found in the right folder and in no other.

    Args:
        files: pairs of a file and the path argument that it was found through.
        configured: roots that are known. The nearest one above a file is the answer for it.
    """
    folders = _Folders()
    chosen: dict[Path, Path] = {}
    candidates: dict[Path, tuple[Path, ...]] = {}
    by_project: dict[Path, list[Path]] = defaultdict(list)
    for file, argument in files:
        known = [root for root in configured if file.is_relative_to(root)]
        if known:
            chosen[file] = max(known, key=lambda root: len(root.parts))
            continue
        candidates[file] = folders.possible_roots(file.parent, argument)
        by_project[candidates[file][-1]].append(file)
    for project, members in by_project.items():
        unclear = project.name == _SRC or any(len(candidates[file]) > 1 for file in members)
        votes = folders.votes(members, candidates) if unclear else {}
        for file in members:
            elected = _elect(file, candidates[file], votes)
            is_named = project.name == _SRC and votes.get(project.parent, 0) > votes.get(elected, 0)
            chosen[file] = project.parent if is_named else elected
    return chosen


def module_name(file: Path, root: Path) -> str:
    """The dotted name. Names that no import statement can spell are made to fit."""
    parts = [part.replace(".", "_") for part in file.relative_to(root).with_suffix("").parts]
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return ".".join(parts)


@dataclass(slots=True)
class _Folders:
    """What is on disk, asked once: many files share their folders and their imports."""

    _above_package: dict[Path, Path] = field(default_factory=dict)
    _up_to_project: dict[tuple[Path, Path], tuple[Path, ...]] = field(default_factory=dict)
    _steps: dict[tuple[Path, str], int] = field(default_factory=dict)

    def possible_roots(self, folder: Path, argument: Path) -> tuple[Path, ...]:
        """Folders that can be the root of the files in a folder; the last is the one of the project."""
        base = self._above_package.get(folder)
        if base is None:
            base = self._above_package[folder] = _above_package(folder)
        key = (base, argument)
        if key not in self._up_to_project:
            self._up_to_project[key] = _up_to_project(base, argument)
        return self._up_to_project[key]

    def votes(self, members: list[Path], candidates: Mapping[Path, tuple[Path, ...]]) -> Counter[Path]:
        """How many steps of the members' imports lead somewhere from each folder that can be a root, and from
        the one above ``src`` for names that begin with that: ``from src.users import models``.
        """
        votes: Counter[Path] = Counter()
        stride = -(-len(members) // _SAMPLE)
        for file in sorted(members)[::stride]:
            for name in _imported_names(file):
                last = candidates[file][-1]
                above = (last.parent,) if last.name == _SRC and name.partition(".")[0] == _SRC else ()
                for root in (*candidates[file], *above):
                    key = (root, name)
                    if key not in self._steps:
                        self._steps[key] = _steps_found(root, name)
                    votes[root] += self._steps[key]
        return votes


def _above_package(folder: Path) -> Path:
    """The first folder, from this one up, that isn't a regular package."""
    while _is_package(folder) and folder != folder.parent:
        folder = folder.parent
    return folder


def _is_package(folder: Path) -> bool:
    return (folder / "__init__.py").is_file()


def _up_to_project(base: Path, argument: Path) -> tuple[Path, ...]:
    above = (base, *base.parents)
    for index, folder in enumerate(above):
        if folder.name == _SRC or any((folder / marker).exists() for marker in _MARKERS):
            return above[: index + 1]
    # An argument may be a package itself, or a folder without ``__init__.py`` inside one.
    top = _above_package(argument)
    if top == argument:
        top = _above_package(argument.parent) if _is_package(argument.parent) else top
    return above[: above.index(top) + 1] if top in above else (base,)


def _imported_names(file: Path) -> set[str]:
    try:
        with file.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return set()
    names = {found.decode("ascii", "replace") for found in _IMPORT.findall(head)}
    return {name for name in names if name.partition(".")[0] not in sys.stdlib_module_names}


def _steps_found(root: Path, name: str) -> int:
    """How far a dotted name can be followed down from a folder."""
    steps = 0
    for part in name.split("."):
        root = root / part
        if root.with_suffix(".py").is_file():
            return steps + 1
        if not root.is_dir():
            return steps
        steps += 1
    return steps


def _elect(file: Path, folders: tuple[Path, ...], votes: Mapping[Path, int]) -> Path:
    most = max(votes.get(folder, 0) for folder in folders)
    elected = [folder for folder in folders if votes.get(folder, 0) == most]
    # With nothing to go by, a regular package is taken to be imported by its own name.
    in_regular_package = file.parent != folders[0]
    return elected[0] if in_regular_package else elected[-1]
