"""Run a random program, and sort what happened."""

import contextlib
import gc
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Engine, event

from detachlint.testing import Outcome, Program, execute

Kind = Literal[
    "clean",
    "MissingGreenlet",
    "DetachedInstanceError",
    "InvalidRequestError raise",
    "InvalidRequestError unique",
    "invalid",
]

KINDS: tuple[Kind, ...] = (
    "clean",
    "MissingGreenlet",
    "DetachedInstanceError",
    "InvalidRequestError raise",
    "InvalidRequestError unique",
    "invalid",
)

_QUERY_LIMIT = 200


class TooManyQueriesError(Exception):
    """Some mappings that load each other eagerly in a circle keep SQLAlchemy busy without end."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the analyser has to find: the error and its place, or nothing."""

    kind: Kind
    outcome: Outcome

    @property
    def valid(self) -> bool:
        """Whether the program ended in one of the ways that the analyser knows."""
        return self.kind != "invalid"


def expectation(program: Program) -> Expectation:
    """Run the program under SQLAlchemy."""
    with _limited_queries(), _without_collections():
        outcome = execute(program)
    return Expectation(_kind(outcome), outcome)


def _kind(outcome: Outcome) -> Kind:
    match outcome.error:
        case None:
            return "clean"
        case "MissingGreenlet":
            return "MissingGreenlet"
        case "DetachedInstanceError":
            return "DetachedInstanceError"
        case "InvalidRequestError" if "is not available due to" in outcome.message:
            return "InvalidRequestError raise"
        case "InvalidRequestError" if "unique() method must be invoked" in outcome.message:
            return "InvalidRequestError unique"
    return "invalid"


@contextlib.contextmanager
def _without_collections() -> Iterator[None]:
    """When cycles of objects leave the identity map must not depend on what ran before."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextlib.contextmanager
def _limited_queries() -> Iterator[None]:
    count = 0

    def on_execute(*_: object) -> None:
        nonlocal count
        count += 1
        if count > _QUERY_LIMIT:
            raise TooManyQueriesError

    event.listen(Engine, "before_cursor_execute", on_execute)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", on_execute)
