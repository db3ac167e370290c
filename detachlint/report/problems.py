"""What could not be used of the input, one line each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from detachlint.domain.source import Problem


def render_problems(problems: Iterable[Problem]) -> Iterator[str]:
    """Lines for standard error."""
    for problem in problems:
        label = "error" if problem.fatal else "warning"
        yield f"{problem.path}:{problem.line}: {label}: {' '.join(problem.message.split())}"
