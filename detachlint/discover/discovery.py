"""The walk over the paths that were given."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from detachlint.config import Config
from detachlint.discover.ignore import IgnoreRules, never_source
from detachlint.discover.roots import module_name, source_roots
from detachlint.discover.source_file import SourceFile
from detachlint.domain.source import Problem

_TEMPLATE_SUFFIXES = (".html", ".htm", ".j2", ".jinja", ".jinja2", ".txt", ".xml")
_SUFFIXES = (".py", *_TEMPLATE_SUFFIXES)


@dataclass(frozen=True, slots=True)
class Discovery:
    """The files of a program, each once, sorted by path."""

    files: tuple[SourceFile, ...]
    templates: tuple[SourceFile, ...]
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Walk:
    """What was found so far. ``found`` maps a file to the argument that it was found through."""

    config: Config
    cwd: Path
    found: dict[Path, Path] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, path: Path, message: str, *, fatal: bool = True) -> None:
        self.problems.append(Problem(_display(path, self.cwd), 1, message, fatal))

    def argument(self, path: Path) -> None:
        """Take what the user named, ignored or not."""
        if path.is_dir():
            root = self.config.root or self.cwd
            rules = IgnoreRules.at(
                path, root, self.config.exclude, use_gitignore=self.config.respect_gitignore
            )
            self.folder(path, path, rules)
            if not self.problems and not any(file.is_relative_to(path) for file in self.found):
                self.problem(path, "no Python files found", fatal=False)
        elif path.is_file():
            self.found.setdefault(path, path.parent)
            if path.stat().st_size == 0:
                self.problem(path, "is empty: nothing to check", fatal=False)
        elif path.is_symlink():
            self.problem(path, _BROKEN_LINK)
        elif path.exists():
            self.problem(path, "is neither a file nor a folder")
        else:
            self.problem(path, "no such file or folder")

    def folder(self, folder: Path, argument: Path, rules: IgnoreRules) -> None:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self.problem(folder, f"cannot be read: {error.strerror or error}")
            return
        rules = rules.inside(folder)
        for entry in entries:
            is_folder = _is_folder(entry)
            if not is_folder and not entry.name.endswith(_SUFFIXES):
                continue
            path = folder / entry.name
            if rules.ignores(path, is_folder=is_folder):
                continue
            if is_folder:
                # A link is not followed: what it shows is walked in its own place, or is not of this program.
                if not entry.is_symlink() and not never_source(path):
                    self.folder(path, argument, rules)
            elif path.suffix != ".py" and not _is_template(path, self.cwd):
                continue
            elif path.is_file():
                self.found.setdefault(path, argument)
            elif entry.is_symlink():
                self.problem(path, _BROKEN_LINK)


_BROKEN_LINK = "is a broken link"


def discover(paths: Sequence[Path | str], config: Config, cwd: Path) -> Discovery:
    """The files under the paths.

    Args:
        paths: files, which are always taken, and folders, which are searched; relative ones from ``cwd``.
        cwd: the working directory, absolute.
    """
    walk = _Walk(config, cwd)
    for path in dict.fromkeys(_normal(cwd / path) for path in paths):
        try:
            walk.argument(path)
        except (OSError, ValueError) as error:
            walk.problem(path, f"cannot be used: {error}")
    found = dict(_one_name_each(walk.found))
    templates = {file for file in found if _is_template(file, cwd)}
    roots = source_roots(
        ((file, argument) for file, argument in found.items() if file not in templates),
        [_normal((config.root or cwd) / root) for root in config.src],
    )
    files = [
        SourceFile(_display(file, cwd), file, module_name(file, root), file.name == "__init__.py", root)
        for file, root in roots.items()
    ]
    pages = [SourceFile(_display(file, cwd), file, "", False, found[file]) for file in templates]
    return Discovery(tuple(sorted(files)), tuple(sorted(pages)), tuple(sorted(walk.problems)))


def _one_name_each(found: dict[Path, Path]) -> Iterator[tuple[Path, Path]]:
    """Leave out links to files that are there under their own name too."""
    for file, argument in found.items():
        if file.is_symlink() and Path(os.path.realpath(file)) in found:
            continue
        yield file, argument


def _normal(path: Path) -> Path:
    """Without ``..`` and ``.``, links kept."""
    return Path(os.path.normpath(path))


def _display(path: Path, cwd: Path) -> str:
    try:
        return Path(os.path.relpath(path, cwd)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _is_template(path: Path, cwd: Path) -> bool:
    """Whether the file is a template: the folder says so (``templates``, ``admin_templates``)."""
    folders = _display(path, cwd).split("/")[:-1]
    return path.suffix in _TEMPLATE_SUFFIXES and any(
        f == "templates" or f.endswith(("_templates", "-templates")) for f in folders
    )
