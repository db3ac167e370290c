"""Forget the mapped classes that a program has defined."""

import contextlib
import sys
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import MetaData
    from sqlalchemy.orm import registry


@contextlib.contextmanager
def shared_metadata_kept() -> Iterator[None]:
    """Take the tables that were added meanwhile out of SQLModel's metadata, which all programs share."""
    known = {key for metadata in _shared_metadata() for key in metadata.tables}
    try:
        yield
    finally:
        for metadata in _shared_metadata():
            for table in [table for key, table in metadata.tables.items() if key not in known]:
                metadata.remove(table)


def dispose(modules: Iterable[ModuleType]) -> None:
    """Dispose of the registries that the classes and variables of these modules belong to."""
    for found in _registries(modules):
        with contextlib.suppress(Exception):
            found.dispose(cascade=True)


def _registries(modules: Iterable[ModuleType]) -> list["registry"]:
    from sqlalchemy.orm import registry

    found: dict[int, registry] = {}
    for module in modules:
        for value in vars(module).values():
            candidate = getattr(value, "_sa_registry", None) if isinstance(value, type) else value
            if isinstance(candidate, registry):
                found[id(candidate)] = candidate
    return list(found.values())


def _shared_metadata() -> list["MetaData"]:
    sqlmodel = sys.modules.get("sqlmodel")
    return [] if sqlmodel is None else [sqlmodel.SQLModel.metadata]
