"""Find the error of the ORM inside the exception that ended a program, and the line it belongs to."""

import re
from collections.abc import Iterator
from types import TracebackType

from detachlint.testing.responses import ReturnLines, endpoint_of
from detachlint.testing.workspace import Line, Workspace

LOADING_ERRORS = ("MissingGreenlet", "DetachedInstanceError", "InvalidRequestError")

# A field that is read, and an association proxy that is gone over.
_TOLD_IN = ("get_attribute_error", "iteration_error")
_NAMED_IN_TEXT = re.compile(rf"\b({'|'.join(LOADING_ERRORS)})\b")


def error_of(exception: BaseException) -> tuple[str, list[BaseException]]:
    """The name of the error, and the exceptions from the outermost to the one that is or tells it.

    SQLAlchemy 2.1 wraps MissingGreenlet in a StatementError, pydantic keeps only the text of what an
    attribute raised, and FastAPI wraps that again. An exception without any of that is its own error.
    """
    for path in _paths([exception], seen=set()):
        name = _loading_error(path[-1])
        if name is not None:
            return name, path
    return type(exception).__name__, [exception]


def line_of(path: list[BaseException], space: Workspace, returns: ReturnLines) -> Line | None:
    """The innermost line of the program in the traceback, from the deepest exception outwards.

    FastAPI validates a response after the route has returned: there the line is the route's ``return``.
    """
    for exception in reversed(path):
        endpoint = endpoint_of(exception)
        line = returns.of(endpoint) if endpoint is not None else None
        if line is not None:
            return line
    for exception in reversed(path):
        line = _innermost(exception.__traceback__, space)
        if line is not None:
            return line
    return None


def _innermost(traceback: TracebackType | None, space: Workspace) -> Line | None:
    innermost = None
    while traceback is not None:
        innermost = space.line_of(traceback.tb_frame, traceback.tb_lineno) or innermost
        traceback = traceback.tb_next
    return innermost


def _paths(path: list[BaseException], seen: set[int]) -> Iterator[list[BaseException]]:
    exception = path[-1]
    if id(exception) in seen:
        return
    seen.add(id(exception))
    yield path
    inner = [getattr(exception, "orig", None), exception.__cause__]
    if isinstance(exception, BaseExceptionGroup):
        inner += exception.exceptions
    inner.append(exception.__context__)
    for nested in inner:
        if isinstance(nested, BaseException):
            yield from _paths([*path, nested], seen)


def _loading_error(exception: BaseException) -> str | None:
    name = type(exception).__name__
    if name in LOADING_ERRORS:
        return name
    errors = getattr(exception, "errors", None)
    return _told(errors()) if callable(errors) else None


def _told(errors: object) -> str | None:
    """The error that pydantic's list of errors tells in words."""
    for error in errors if isinstance(errors, list | tuple) else ():
        if isinstance(error, dict) and error.get("type") in _TOLD_IN:
            named = _NAMED_IN_TEXT.search(str(error.get("ctx", error.get("msg"))))
            if named:
                return named[1]
    return None
