"""What the functions take for a session: one, or a registry that a program uses in its place."""

from __future__ import annotations

import re
from collections.abc import Iterable

from detachlint.synthesis.imports import Imports

_SYNC, _ASYNC = "scoped_session", "async_scoped_session"
_REGISTRY = re.compile(rf"\b({_SYNC}|{_ASYNC})\b")
_FLASK = re.compile(r"^\s*(?:from|import)\s+flask_sqlalchemy\b", re.MULTILINE)


def registries_in(texts: Iterable[str]) -> frozenset[str]:
    """The registries of sessions that a program names; ``db.session`` of Flask-SQLAlchemy is one."""
    found: set[str] = set()
    for text in texts:
        found |= set(_REGISTRY.findall(text))
        if _FLASK.search(text):
            found.add(_SYNC)
    return frozenset(found)


def session_type(imports: Imports, registries: frozenset[str], *, is_async: bool) -> str:
    """The annotation of the parameter."""
    module, name = ("sqlalchemy.ext.asyncio", "AsyncSession") if is_async else ("sqlalchemy.orm", "Session")
    session = imports.of(module, name)
    registry = _ASYNC if is_async else _SYNC
    return f"{session} | {imports.of(module, registry)}[{session}]" if registry in registries else session
