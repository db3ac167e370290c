"""Listeners that a program registers on SQLAlchemy's own classes would go on in the programs after it."""

import contextlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from detachlint.testing.workspace import Workspace


@contextlib.contextmanager
def listeners_removed(space: Workspace) -> Iterator[None]:
    """What functions of the program listen to meanwhile ends with the block."""
    from sqlalchemy import event
    from sqlalchemy.event import api

    original = api.listen
    made: list[tuple[Any, str, Callable[..., Any]]] = []

    def listen(target: Any, identifier: str, fn: Callable[..., Any], *args: Any, **options: Any) -> None:
        original(target, identifier, fn, *args, **options)
        code = getattr(inspect.unwrap(fn), "__code__", None)
        if code is not None and space.path_of(code.co_filename) is not None:
            made.append((target, identifier, fn))

    with mock.patch.object(api, "listen", listen), mock.patch.object(event, "listen", listen):
        try:
            yield
        finally:
            for target, identifier, fn in reversed(made):
                if event.contains(target, identifier, fn):
                    event.remove(target, identifier, fn)
