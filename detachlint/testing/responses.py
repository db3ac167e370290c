"""Remember where functions of a program returned, for what a web framework does with the result later.

FastAPI reads a response model's attributes after the route has returned, when no line of the program is
running any more. The line that such a read belongs to is the ``return`` of the route.
"""

import contextlib
import inspect
import sys
import threading
from collections.abc import Iterator
from types import CodeType, FrameType

from detachlint.testing.workspace import Line, Workspace


class ReturnLines:
    """The line of the last return of each function of the program."""

    def __init__(self, space: Workspace) -> None:
        self._space = space
        self._lines: dict[CodeType, Line] = {}
        self._latest: Line | None = None

    def of(self, code: CodeType) -> Line | None:
        """Where the function returned last."""
        return self._lines.get(code)

    @property
    def latest(self) -> Line | None:
        """Where any function of the program returned last."""
        return self._latest

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Watch the returns in this thread and in the threads that are started meanwhile."""
        previous = sys.getprofile()
        sys.setprofile(self._observe)
        threading.setprofile(self._observe)
        try:
            yield
        finally:
            sys.setprofile(previous)
            threading.setprofile(previous)

    def _observe(self, frame: FrameType, event: str, _: object) -> None:
        if event != "return" or not frame.f_code.co_filename.startswith(self._space.folder):
            return
        line = self._space.line_of(frame, frame.f_lineno)
        if line is not None:
            self._lines[frame.f_code] = self._latest = line


def endpoint_of(exception: BaseException) -> CodeType | None:
    """The route whose response FastAPI was validating when it raised the exception, without its wrappers."""
    if type(exception).__name__ != "ResponseValidationError":
        return None
    traceback = exception.__traceback__
    while traceback is not None:
        dependant = traceback.tb_frame.f_locals.get("dependant")
        call = getattr(dependant, "call", None)
        code = getattr(inspect.unwrap(call), "__code__", None) if callable(call) else None
        if isinstance(code, CodeType):
            return code
        traceback = traceback.tb_next
    return None
