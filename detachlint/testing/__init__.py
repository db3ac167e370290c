"""Run a program against the real SQLAlchemy and see what happened.

This is the measure that the analyser is held to: a rule's example, a random program or a bug report
is written down as a :class:`Program`, :func:`execute` runs it on in-memory SQLite, and the
:class:`Outcome` says which error was raised at which line, or which attributes were loaded lazily.
SQLAlchemy is imported only when a program is executed.
"""

from detachlint.testing.execute import execute
from detachlint.testing.outcome import LazyLoad, Outcome
from detachlint.testing.program import Program

__all__ = ["LazyLoad", "Outcome", "Program", "execute"]
