"""What is left out: the patterns of .gitignore files, of the configuration, and the usual places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_NEVER_SOURCE = frozenset(
    {"__pycache__", "__pypackages__", "build", "dist", "node_modules", "site-packages", "venv"}
)


def never_source(folder: Path) -> bool:
    """Whether a folder, by its name or as a virtual environment, holds nothing that is written by hand."""
    name = folder.name
    return (
        name in _NEVER_SOURCE
        or name.startswith(".")
        or name.endswith(".egg-info")
        or (folder / "pyvenv.cfg").is_file()
    )


@dataclass(frozen=True, slots=True)
class _Patterns:
    """The patterns of one file, and the folder that they count from."""

    folder: Path
    spec: GitIgnoreSpec

    def verdict(self, path: Path, is_folder: bool) -> bool | None:
        """True to leave out, False to take in all the same (``!pattern``), None for no opinion."""
        relative = path.relative_to(self.folder).as_posix()
        return self.spec.check_file(relative + "/" if is_folder else relative).include


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The patterns that hold in a folder.

    Args:
        excludes: from the configuration; nothing overrules them.
        layers: .gitignore files, the outermost first; an inner one overrules an outer one.
    """

    excludes: tuple[_Patterns, ...]
    layers: tuple[_Patterns, ...]
    use_gitignore: bool

    @classmethod
    def at(cls, start: Path, root: Path, exclude: tuple[str, ...], *, use_gitignore: bool) -> IgnoreRules:
        """The rules for a walk that begins at the folder ``start``; ``exclude`` counts from ``root``.

        Whoever names an ignored folder means it, so the patterns that would leave ``start`` itself out are
        put aside.
        """
        excludes: list[_Patterns] = []
        if exclude and start.is_relative_to(root):
            own = _Patterns(root, _spec(exclude))
            if start == root or not own.verdict(start, is_folder=True):
                excludes.append(own)
        layers: list[_Patterns] = []
        if use_gitignore:
            above = [found for folder in _folders_to_repository(start) for found in _gitignores(folder)]
            layers = [patterns for patterns in above if not patterns.verdict(start, is_folder=True)]
        return cls(tuple(excludes), tuple(layers), use_gitignore)

    def inside(self, folder: Path) -> IgnoreRules:
        """The rules with what the folder's own .gitignore adds."""
        own = _gitignores(folder) if self.use_gitignore else ()
        return IgnoreRules(self.excludes, (*self.layers, *own), self.use_gitignore) if own else self

    def ignores(self, path: Path, *, is_folder: bool) -> bool:
        if any(patterns.verdict(path, is_folder) for patterns in self.excludes):
            return True
        for patterns in reversed(self.layers):
            verdict = patterns.verdict(path, is_folder)
            if verdict is not None:
                return verdict
        return False


def _folders_to_repository(start: Path) -> list[Path]:
    """From the root of start's git repository down to start's parent; none where there is no repository."""
    found: list[Path] = []
    for folder in (start, *start.parents):
        if folder != start:
            found.append(folder)
        if (folder / ".git").exists():
            return found[::-1]
    return []


def _gitignores(folder: Path) -> tuple[_Patterns, ...]:
    found = []
    for name in (".git/info/exclude", ".gitignore"):
        try:
            text = (folder / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        found.append(_Patterns(folder, _spec(text.splitlines())))
    return tuple(found)


def _spec(lines: Iterable[str]) -> GitIgnoreSpec:
    # Imported where there is something to ignore: it takes as long as a walk over a large project.
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(lines)
