"""Objects that a container makes: dishka, and classes that ask for what their parameters are annotated with.

dishka is not installed here. That a scope has one session for all that ask for one is what its documentation
says (``Scope.REQUEST``, caching of dependencies).
"""

from __future__ import annotations

from detachlint.api import analyse_sources
from tests.frameworks.library import MAPPING

_BEGIN = (
    """\
from dishka import FromDishka
from fastapi import APIRouter
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload


"""
    + MAPPING
    + """\
class Authors:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def get(self, id: int) -> Author:
        return (await self.session.scalars(select(Author)OPTIONS)).one()


class Work:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def commit(self) -> None:
        await self.session.commit()


class Service:
    def __init__(self, authors: Authors, work: Work) -> None:
        self.authors, self.work = authors, work

    async def rename(self, id: int) -> str:
        author = await self.authors.get(id)
        author.name = "Austen"
        COMMIT
        return author.name

    async def titles(self, id: int) -> list[str]:
        return [book.title for book in (await self.authors.get(id)).books]


router = APIRouter()


@router.get("/{id}")
async def titles(id: int, service: FromDishka[Service]) -> list[str]:
    return await service.titles(id)


@router.post("/{id}")
async def rename(id: int, service: FromDishka[Service]) -> str:
    return await service.rename(id)
"""
)


def _codes(options: str, commit: str) -> list[str]:
    text = _BEGIN.replace("OPTIONS", options).replace("COMMIT", commit)
    return [f.code for f in analyse_sources({"main.py": text}).findings if f.error is not None]


def test_what_a_service_did_not_load_fails() -> None:
    assert _codes("", "pass") == ["DET101"]


def test_what_a_service_loaded_is_there() -> None:
    assert _codes(".options(selectinload(Author.books))", "pass") == []


def test_objects_of_one_scope_share_their_session() -> None:
    assert _codes(".options(selectinload(Author.books))", "await self.work.commit()") == ["DET105"]


_MADE = """\
from sqlalchemy.ext.asyncio import async_sessionmaker


def sessions(engine):
    return async_sessionmaker(engine, expire_on_commit=False)
"""
_CALLED = """\
class Rates:
    def __init__(self, async_sessionmaker, sessionmaker):
        self.async_sessionmaker, self.sessionmaker = async_sessionmaker, sessionmaker

    async def load(self, async_sessionmaker):
        async with self.async_sessionmaker() as one, async_sessionmaker() as other:
            return one, other
"""


def test_what_is_named_like_a_factory_makes_no_sessions() -> None:
    text = _BEGIN.replace("OPTIONS", ".options(selectinload(Author.books))")
    text = text.replace("COMMIT", "await self.work.commit()")
    files = {"app/api/main.py": text, "app/sessions.py": _MADE, "app/api/rates.py": _CALLED}
    assert [f.code for f in analyse_sources(files).findings if f.error is not None] == []
