"""Files of a program that have the name of a library: ``utils/datetime.py``, ``adapters/redis.py``."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from detachlint.parse import ir
from detachlint.resolve.symbols import ModuleInfo


def names_a_library(dotted: str, found: ModuleInfo, bound: Iterable[object]) -> bool:
    """Whether an import of ``dotted`` means a library, though the name of a file ends in it.

    Args:
        found: the module of that file.
        bound: what its names are bound to. A module that imports the name itself does not mean itself.
    """
    if dotted.partition(".")[0] in sys.stdlib_module_names:
        return True
    return any(
        name == dotted or (not found.is_package and name.startswith(f"{dotted}."))
        for binding in bound
        for name in _imported(binding)
    )


def _imported(binding: object) -> Iterable[str]:
    match binding:
        case ir.ImportFrom(module=module, level=0):
            return (module,)
        case ir.Import(names=names):
            return tuple(dotted for dotted, _ in names)
        case _:
            return ()
