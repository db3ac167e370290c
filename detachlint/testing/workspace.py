"""A folder that a program's files are imported from, and that leaves nothing behind in this process."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType

from detachlint.testing.program import Program


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file of the program."""

    path: str
    number: int


@dataclass(frozen=True, slots=True)
class Workspace:
    """The program's files on disk, in ``folder`` (a real path)."""

    folder: str
    foreign: frozenset[str]
    """The modules that were there before."""

    def path_of(self, filename: str) -> str | None:
        """The program's own name of a file, None for a file of a library."""
        absolute = os.path.join(self.folder, filename)
        if not absolute.startswith(self.folder + os.sep):
            return None
        # A relative name may be a placeholder such as <string>, which join() has put below the folder.
        if not os.path.isabs(filename) and not os.path.isfile(absolute):
            return None
        return os.path.relpath(absolute, self.folder).replace(os.sep, "/")

    def line_of(self, frame: FrameType, number: int) -> Line | None:
        """Where ``frame`` is in the program; a compiled template's line becomes the template's own."""
        path = self.path_of(frame.f_code.co_filename)
        if path is None:
            return None
        template = frame.f_globals.get("__jinja_template__")
        return Line(path, number if template is None else template.get_corresponding_lineno(number))

    def modules(self) -> dict[str, ModuleType]:
        """The modules imported from this workspace so far."""
        new = sys.modules.keys() - self.foreign
        return {name: sys.modules[name] for name in new if self._holds(sys.modules[name])}

    def _holds(self, module: ModuleType) -> bool:
        places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
        return any(isinstance(place, str) and place.startswith(self.folder + os.sep) for place in places)


@contextlib.contextmanager
def workspace(program: Program) -> Iterator[Workspace]:
    """Write the files, make them importable and the current directory, and undo all of it at the end."""
    with tempfile.TemporaryDirectory(prefix="detachlint-") as temporary:
        folder = os.path.realpath(temporary)
        for path, source in program.files.items():
            _write(Path(folder), path, source)
        names = {path.split("/", 1)[0].removesuffix(".py") for path in program.files}
        with contextlib.chdir(folder), _importable(folder), _without_modules(names):
            space = Workspace(folder, frozenset(sys.modules))
            try:
                yield space
            finally:
                for name in space.modules():
                    del sys.modules[name]


def _write(folder: Path, path: str, source: str) -> None:
    target = folder / path
    if not target.resolve().is_relative_to(folder):
        raise ValueError(f"a program's file must lie below its folder: {path}")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(source, encoding="utf-8")


@contextlib.contextmanager
def _importable(folder: str) -> Iterator[None]:
    writes_bytecode = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
        sys.dont_write_bytecode = writes_bytecode
        for entry in [entry for entry in sys.path_importer_cache if entry.startswith(folder)]:
            del sys.path_importer_cache[entry]


@contextlib.contextmanager
def _without_modules(names: set[str]) -> Iterator[None]:
    """Hide modules of this process that are named as the program's own, such as ``tests``."""
    hidden = {name: module for name, module in sys.modules.items() if name.split(".", 1)[0] in names}
    for name in hidden:
        del sys.modules[name]
    try:
        yield
    finally:
        sys.modules.update(hidden)
