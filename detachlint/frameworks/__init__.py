"""What the calls of libraries mean to the interpreter; each library in a file or folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from detachlint.frameworks.sqlalchemy.framework import SqlAlchemy
from detachlint.interpret.machine import Framework

# Asked in this order; each is made anew for a run, with the program's templates (path -> text).
FRAMEWORKS: tuple[Callable[[Mapping[str, str]], Framework], ...] = (lambda templates: SqlAlchemy(),)
