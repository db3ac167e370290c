"""What happened when a program ran."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LazyLoad:
    """A read that emitted SQL for an attribute: ``entity`` is the class of the object that was read."""

    path: str
    line: int
    entity: str
    attribute: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The error that ended the program and its place, or no error; and the lazy loads on the way.

    ``error`` is a class name such as ``MissingGreenlet``. ``path`` and ``line`` are the innermost line of
    the program (a template counts) that was running; None where no line of it was.
    """

    error: str | None
    path: str | None
    line: int | None
    message: str
    lazy_loads: tuple[LazyLoad, ...] = ()
