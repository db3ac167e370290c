"""Run a program, and write down what it reads of mapped objects."""

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm.attributes import InstrumentedAttribute

from detachlint.testing import Outcome, Program, execute

_LIBRARY = f"{os.sep}sqlalchemy{os.sep}"
"""What the paths of its files have in them; all else reads for the program."""

_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d|datetime\([^)]*\)")
_ADDRESS = re.compile(r"0x[0-9a-f]+")

_PLAIN_SESSION = '''

class OpenSession(OrmSession):
    """Lazy loads work as long as the program runs; there is one session only."""

    def __new__(cls, *arguments, **keywords):
        if not hasattr(cls, "only"):
            cls.only = super().__new__(cls)
        return cls.only

    def __init__(self, *arguments, **keywords):
        if "opened" not in self.__dict__:
            self.opened = True
            super().__init__(*arguments, **keywords)

    def close(self):
        pass

    def run_sync(self, function):
        return function(self)

    def stream_scalars(self, statement):
        return self.scalars(statement)

    def stream(self, statement):
        return self.execute(statement)
'''


@dataclass(frozen=True, slots=True)
class Run:
    """What happened, and the values that mapped attributes had when the program or its libraries read them,
    with class and attribute. How often and in which order says less: it hangs on guards that ask what is
    loaded.
    """

    outcome: Outcome
    values: frozenset[tuple[str, str, str]]


def run(program: Program) -> Run:
    """Execute the program."""
    reads: list[tuple[str, str, str]] = []
    with _recording(reads):
        outcome = execute(program)
    return Run(outcome, frozenset(reads))


@contextlib.contextmanager
def _recording(reads: list[tuple[str, str, str]]) -> Iterator[None]:
    original = InstrumentedAttribute.__get__

    def get(attribute: Any, instance: Any, owner: Any) -> Any:
        value = original(attribute, instance, owner)
        if instance is not None and not _called_by_sqlalchemy():
            reads.append((type(instance).__name__, attribute.key, _summary(value)))
        return value

    InstrumentedAttribute.__get__ = get  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        InstrumentedAttribute.__get__ = original  # type: ignore[method-assign]


def _called_by_sqlalchemy() -> bool:
    try:
        return _LIBRARY in sys._getframe(2).f_code.co_filename
    except ValueError:  # at the bottom of the greenlet of ``awaitable_attrs``
        return False


def _summary(value: Any) -> str:
    """The value, in words that say nothing of how it was loaded."""
    if isinstance(value, (list, set)):
        return f"[{', '.join(sorted(_summary(item) for item in value))}]"
    state = inspect(value, raiseerr=False)
    if state is not None and hasattr(state, "identity"):
        return f"{type(value).__name__} {state.identity}"
    return _ADDRESS.sub("0x", _TIME.sub("<time>", repr(value)))


_NO_FLUSH = """

@event.listens_for(OpenSession, "do_orm_execute")
def load(execution):
    if execution.is_relationship_load or execution.is_column_load:
        with execution.session.no_autoflush:
            return execution.invoke_statement()
"""


def synchronous(program: Program, *, flushing: bool = True, joining: bool = False) -> Program:
    """The same program with a plain synchronous session that stays open, and with nothing that refuses to be
    loaded.

    Args:
        flushing: lazy loads flush first, as they do; those of an asynchronous program fail instead.
        joining: what is joined stays so, which may give collections another order.
    """
    texts = {
        path: _plain(path, text, flushing=flushing, joining=joining) for path, text in program.files.items()
    }
    return Program(texts)


def _plain(path: str, text: str, *, flushing: bool, joining: bool) -> str:
    text = re.sub(r"\bawait |\basync (?=def|with|for)|\.awaitable_attrs", "", text)
    text = re.sub(r'lazy="raise(?:_on_sql)?"', 'lazy="select"', text)
    text = re.sub(r", sql_only=True|, raiseload=True", "", text).replace("raiseload", "lazyload")
    text = text.replace("AsyncSession", "Session")
    if not joining:
        text = text.replace("joinedload", "selectinload").replace('lazy="joined"', 'lazy="select"')
    if path == "database.py":
        text = re.sub(r"from sqlalchemy\.ext\.asyncio .*\n", "", text)
        text = text.replace("from sqlalchemy import insert", "from sqlalchemy import create_engine, insert")
        if "sessionmaker" not in text.split("engine =")[0]:
            text = text.replace(
                "from sqlalchemy.pool", "from sqlalchemy.orm import sessionmaker\nfrom sqlalchemy.pool"
            )
        text = text.replace("create_async_engine", "create_engine").replace("sqlite+aiosqlite", "sqlite")
        text = text.replace(
            "connection.run_sync(Base.metadata.create_all)", "Base.metadata.create_all(connection)"
        )
        text = "from sqlalchemy.orm import Session as OrmSession\n" + text.replace(
            "async_sessionmaker", "sessionmaker"
        )
        text = text.replace("sessionmaker(engine", "sessionmaker(engine, class_=OpenSession", 1)
        head, found, tail = text.partition("engine =")
        extra = _PLAIN_SESSION if flushing else f"{_PLAIN_SESSION}{_NO_FLUSH}"
        return f"from sqlalchemy import event\n{head}{extra}\n\n{found}{tail}"
    return re.sub(r"\.ext\.asyncio\b", ".orm", text) if path != "models.py" else text
