"""A text with models, as a program to analyse and as modules to import."""

import contextlib
import importlib
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from detachlint.parse import ir
from detachlint.parse.parse import parse
from detachlint.resolve.program import Program
from detachlint.testing.mappings import dispose, shared_metadata_kept

_MARK = "# file: "


def split(text: str) -> dict[str, str]:
    """Files of a text: those that ``# file: name.py`` lines tell apart, or all of it as ``models.py``."""
    if not text.startswith(_MARK):
        return {"models.py": text}
    parts = text.split(_MARK)[1:]
    return {name: body for name, _, body in (part.partition("\n") for part in parts)}


def module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def program(files: dict[str, str]) -> Program:
    """The files, parsed."""
    modules = []
    for path, text in files.items():
        tree = parse(path, text)
        assert isinstance(tree, ir.Module), tree
        modules.append((module_name(path), path, path.endswith("__init__.py"), tree))
    return Program(modules)


@contextlib.contextmanager
def imported(folder: Path, files: dict[str, str]) -> Iterator[list[ModuleType]]:
    """The files, written and imported; forgotten at the end."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    with importable(folder, [module_name(path) for path in files]) as modules:
        yield modules


@contextlib.contextmanager
def importable(folder: Path, names: list[str]) -> Iterator[list[ModuleType]]:
    """Modules of a folder, imported with all that they import from there; forgotten at the end."""
    roots = {name.partition(".")[0] for name in names}

    def ours() -> list[str]:
        return [name for name in sys.modules if name.partition(".")[0] in roots]

    others = {name: sys.modules.pop(name) for name in ours()}
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        with shared_metadata_kept(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in names:
                importlib.import_module(name)
            yield [sys.modules[name] for name in ours()]
    finally:
        sys.path.remove(str(folder))
        dispose([sys.modules.pop(name) for name in ours()])
        sys.modules.update(others)
