"""Repositories that no options can be handed to: they get a parameter, and the call fills it."""

import pytest

from detachlint.api import fix_sources
from detachlint.rules.studio import ASYNC, async_session
from detachlint.testing import Program, execute
from tests.fix.mended import Edit, mend

BASE = """\
from typing import Any, Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

T = TypeVar("T")


class Repository(Generic[T]):
    model: type[T]

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def get(self, key: int) -> T | None:
        return await self.session.get(self.model, key)

    async def find(self, limit: int = 10, **filters: Any) -> list[T]:
        statement = select(self.model).filter_by(**filters).limit(limit)
        return list((await self.session.scalars(statement)).all())
"""
BOOKINGS = """\
from models import Booking, Lesson
from repository import Repository


class Bookings(Repository[Booking]):
    model = Booking

    async def get(self, key: int) -> Booking | None:
        return await super().get(key) if key else None


class Lessons(Repository[Lesson]):
    model = Lesson


class Service:
    def __init__(self, repository):
        self.repository = repository


class Reader(Service):
    async def load(self, key):
        return await self.repository.get(key)


class Tracer(Reader):
    pass
"""
MAIN = """\
from bookings import Bookings, Lessons, Reader
from models import SessionLocal, fill


async def main():
    await fill()
    async with SessionLocal() as session:
        booking = await Bookings(session).get(1)
        assert booking.user.name == "Anna"
        lesson = await Reader(Lessons(session)).load(1)
        assert lesson.instructor.name == "Mia"
        found = await Bookings(session).find(status="confirmed")
        assert [each.user.name for each in found] == ["Anna", "Ben"]
"""
PROJECT = {"models.py": ASYNC, "repository.py": BASE, "bookings.py": BOOKINGS, "main.py": MAIN}


def test_from_file_to_file() -> None:
    assert execute(Program(PROJECT)).error == "MissingGreenlet"
    done = fix_sources(PROJECT)
    assert done.report.findings == ()
    after = {path: new for path, (_, new) in done.changed.items()}
    assert execute(Program({**PROJECT, **after})).error is None
    assert "from collections.abc import Sequence\nfrom typing import Any" in after["repository.py"]
    assert "from sqlalchemy.orm.interfaces import ORMOption\n\nT = " in after["repository.py"]
    for path, lines in {
        "repository.py": (
            "async def get(self, key: int, *, options: Sequence[ORMOption] = ()) -> T | None:",
            "return await self.session.get(self.model, key, options=options)",
            "statement = select(self.model).filter_by(**filters).options(*options).limit(limit)",
        ),
        "bookings.py": (
            "async def get(self, key: int, *, options: Sequence[ORMOption] = ()) -> Booking | None:",
            "return await super().get(key, options=options) if key else None",
            "async def load(self, key, *, options=()):",
            "return await self.repository.get(key, options=options)",
        ),
        "main.py": (
            "booking = await Bookings(session).get(1, options=[joinedload(Booking.user)])",
            "lesson = await Reader(Lessons(session)).load(1, options=[joinedload(Lesson.instructor)])",
            'found = await Bookings(session).find(status="confirmed", options=[joinedload(Booking.user)])',
        ),
    }.items():
        assert [line for line in lines if f"    {line}\n" not in after[path]] == []
    again = fix_sources({**PROJECT, **after})
    assert again.changed == {}


BUILDER = Edit(
    "a method that builds the statement, another that executes it, and one that hands it on",
    """\
class Repository:
    model = None

    def __init__(self, session):
        self.session = session

    def _ordered(self):
        return select(self.model).order_by(self.model.id)

    async def all(
        self,
        limit=10,
    ):
        return (await self.session.scalars(self._ordered().limit(limit))).all()

    async def first(self):
        return (await self.all(1))[0]


class Bookings(Repository):
    model = Booking


async def name(session):
    return (await Bookings(session).first()).user.name
""",
    """\
class Repository:
    model = None

    def __init__(self, session):
        self.session = session

    def _ordered(self):
        return select(self.model).order_by(self.model.id)

    async def all(
        self,
        limit=10,
        *,
        options=(),
    ):
        return (await self.session.scalars(self._ordered().options(*options).limit(limit))).all()

    async def first(self, *, options=()):
        return (await self.all(1, options=options))[0]


class Bookings(Repository):
    model = Booking


async def name(session):
    return (await Bookings(session).first(options=[joinedload(Booking.user)])).user.name
""",
    "assert await name(session) == 'Anna'",
)
ANY_CLASS = Edit(
    "a function that is given the class",
    """\
async def load(session, model, key, options=None):
    print(options)
    return await session.get(model, key)


async def name(session):
    return (await load(session, Booking, 1)).user.name
""",
    """\
async def load(session, model, key, options=None, *, loader_options=()):
    print(options)
    return await session.get(model, key, options=loader_options)


async def name(session):
    return (await load(session, Booking, 1, loader_options=[joinedload(Booking.user)])).user.name
""",
    "assert await name(session) == 'Anna'",
)


@pytest.mark.parametrize("edit", [BUILDER, ANY_CLASS], ids=lambda edit: edit.name)
def test_the_edit(edit: Edit) -> None:
    assert execute(edit.program(edit.before)).error == "MissingGreenlet"
    mended = mend(edit)
    assert mended.code == edit.after
    assert mended.outcome.error is None, mended.outcome


LOAD = """\
{imports}
class Repository:
    model = None

    def __init__(self, session):
        self.session = session

    {decorator}async def get(self, key):
        return await self.session.get(self.model, key)


class Bookings(Repository):
    model = Booking


{others}
async def name(session):
    return (await Bookings(session).get(1)).user.name
"""


@pytest.mark.parametrize(
    ("imports", "decorator", "others", "reason"),
    [
        (
            "",
            "",
            "class Cached(Repository):\n    async def get(self, key):\n        return {}.pop(key, None)\n\n",
            "an override of `get()` could not take loader options",
        ),
        (
            "def traced(function):\n    return function\n\n",
            "@traced\n    ",
            "",
            "`get()` is decorated, and takes no loader options",
        ),
        (
            "from fastapi import Depends\n",
            "",
            "def route(booking=Depends(Bookings.get)):\n    return booking\n\n",
            "a library reads the parameters of `get()`",
        ),
        (
            "from typing import Protocol\n",
            "",
            "class Readable(Protocol):\n    async def get(self, key): ...\n\n",
            "a protocol says which parameters `get()` has",
        ),
    ],
    ids=["override", "decorator", "dependency", "protocol"],
)
def test_what_others_count_on_stays(imports: str, decorator: str, others: str, reason: str) -> None:
    code = LOAD.format(imports=imports, decorator=decorator, others=others)
    done = fix_sources({"main.py": f"{ASYNC}{code}\n\n{async_session('await name(session)')}"})
    assert done.changed == {}
    assert [finding.unfixed for finding in done.report.findings] == [reason]
