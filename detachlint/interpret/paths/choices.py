"""The choices of one statement: it is run once for each combination of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from detachlint.domain.source import Site

MAX_CHOICES = 16

T = TypeVar("T")


class Past(Protocol):
    """A call that the statement has made; it need not be made again where nothing was chosen before it.

    Args:
        before: how many choices had been made when it was looked up.
        after: the same, when it had ended.
        site: where it stands.
    """

    before: int
    after: int
    site: Site


@dataclass(slots=True)
class Choices:
    """The non-deterministic choices of one statement, replayed depth first, with the calls between them."""

    trail: list[int] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    position: int = 0
    attempts: int = 1
    _calls: list[Past] = field(default_factory=list)
    _next_call: int = 0
    _made: dict[tuple[int, ...], Any] = field(default_factory=dict)
    _times: int = 0

    def choose(self, width: int) -> int:
        if self.position < len(self.trail):
            # A bound that was reached meanwhile may have left fewer alternatives than the first time.
            choice = min(self.trail[self.position], width - 1)
        else:
            choice = 0
            self.trail.append(0)
            self.widths.append(width)
        self.position += 1
        return choice

    def advance(self) -> bool:
        """Go to the next combination; False when all have been tried or the bound is reached."""
        while self.trail and self.trail[-1] == self.widths[-1] - 1:
            self.trail.pop()
            self.widths.pop()
        if not self.trail or self.attempts >= MAX_CHOICES:
            return False
        self.attempts += 1
        self.trail[-1] += 1
        self.position = 0
        changed = len(self.trail) - 1
        self._calls = [c for c in self._calls if c.before <= changed]
        self._next_call = 0
        self._times = 0
        return True

    def once(self, make: Callable[[], T]) -> T:
        """What ``make`` gives here: it is run once for each way that the choices before it lead."""
        self._times += 1
        here = (self._times, *self.trail[: self.position])
        if here not in self._made:
            self._made[here] = make()
        made: T = self._made[here]
        return made

    def past(self, site: Site) -> tuple[Past | None, bool]:
        """The call that was made at ``site`` the last time, and whether it ended as it would now."""
        if self._next_call >= len(self._calls):
            return None, False
        call = self._calls[self._next_call]
        if call.site != site:
            del self._calls[self._next_call :]
            return None, False
        self._next_call += 1
        if call.after < len(self.trail):
            self.position = call.after
            return call, True
        self._calls.pop()  # the choice that has changed is its own: it is the last one
        self._next_call -= 1
        return call, False

    def note(self, call: Past) -> None:
        """Remember a call that has ended."""
        self._calls.append(call)
        self._next_call = len(self._calls)
