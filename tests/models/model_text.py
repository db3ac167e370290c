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
    names = [module_name(path) for path in files]
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    modules: list[ModuleType] = []
    try:
        with shared_metadata_kept(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            modules += [importlib.import_module(name) for name in names]
            yield modules
    finally:
        dispose(modules or [m for n, m in sys.modules.items() if n in names])
        sys.path.remove(str(folder))
        for name in list(sys.modules):
            if name in names or name.partition(".")[0] in {n.partition(".")[0] for n in names}:
                del sys.modules[name]
