"""Data transfer objects of Litestar. It is not installed here: these handlers were executed with litestar
2.25 and advanced-alchemy 1.12 under SQLAlchemy 2.1, and those requests failed that lead to the lines
which are marked.
"""

from __future__ import annotations

from detachlint.api import analyse_sources
from tests.frameworks.library import MAPPING

_PROGRAM = (
    """\
from typing import Annotated

from advanced_alchemy.extensions.litestar import SQLAlchemyAsyncConfig, SQLAlchemyDTO, PLUGIN
from advanced_alchemy.extensions.litestar import AsyncSessionConfig
from litestar import Controller, Litestar, get
from litestar.dto import DTOConfig, dto_field
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload


"""
    + MAPPING.replace(
        "    books: Mapped[",
        '    notes: Mapped[list["Note"]] = relationship(info=dto_field("private"))\n    books: Mapped[',
    )
    + """\
class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))


AuthorDTO = SQLAlchemyDTO[Author]
Deep = SQLAlchemyDTO[Annotated[Author, DTOConfig(max_nested_depth=2, exclude={"books.0.author"})]]
Flat = SQLAlchemyDTO[Annotated[Author, DTOConfig(max_nested_depth=0)]]
Only = SQLAlchemyDTO[Annotated[Author, DTOConfig(include={"name"})]]


class WithoutBooks(SQLAlchemyDTO[Author]):
    config = DTOConfig(exclude={"books"})


async def one(session, *options):
    return (await session.scalars(select(Author).options(*options))).first()


@get("/plain", return_dto=AuthorDTO)
async def plain(db_session: AsyncSession) -> Author:
    return await one(db_session)  # fails


@get("/loaded", return_dto=AuthorDTO)
async def loaded(db_session: AsyncSession) -> Author:
    return await one(db_session, selectinload(Author.books))


@get("/without", return_dto=WithoutBooks)
async def without(db_session: AsyncSession) -> Author:
    return await one(db_session)


@get("/deep", return_dto=Deep)
async def deep(db_session: AsyncSession) -> Author:
    return await one(db_session, selectinload(Author.books))


@get("/flat", return_dto=Flat)
async def flat(db_session: AsyncSession) -> Author:
    return await one(db_session)


@get("/only", return_dto=Only)
async def only(db_session: AsyncSession) -> Author:
    return await one(db_session)


@get("/both", dto=AuthorDTO)
async def both(db_session: AsyncSession) -> list[Author]:
    return list((await db_session.scalars(select(Author))).all())  # fails


@get("/book", return_dto=SQLAlchemyDTO[Book])
async def book(db_session: AsyncSession) -> Book:
    return (await db_session.scalars(select(Book))).first()  # fails


class Authors(Controller):
    path = "/authors"
    return_dto = AuthorDTO

    @get("/first")
    async def first(self, db_session: AsyncSession) -> Author:
        return await one(db_session)  # fails

    @get("/names")
    async def names(self, db_session: AsyncSession) -> list[str]:
        return [(await one(db_session)).name]


@get("/by-plugin")
async def by_plugin(db_session: AsyncSession) -> Author:
    return await one(db_session)PLUGIN_FAILS


config = SQLAlchemyAsyncConfig(session_config=AsyncSessionConfig(expire_on_commit=False))
handlers = [plain, loaded, without, deep, flat, only, both, book, Authors, by_plugin]
app = Litestar(handlers, plugins=[PLUGIN(config=config)])
"""
)


def _lines(text: str) -> list[int]:
    return [number for number, line in enumerate(text.splitlines(), 1) if line.endswith("# fails")]


def test_a_response_reads_what_its_transfer_object_takes() -> None:
    text = _PROGRAM.replace("PLUGIN_FAILS", "").replace("PLUGIN", "SQLAlchemyInitPlugin")
    findings = analyse_sources({"app.py": text}).findings
    assert [(f.code, f.line) for f in findings] == [("DET108", line) for line in _lines(text)]


def test_a_plugin_gives_each_handler_one() -> None:
    text = _PROGRAM.replace("PLUGIN_FAILS", "  # fails").replace("PLUGIN", "SQLAlchemyPlugin")
    findings = analyse_sources({"app.py": text}).findings
    assert [(f.code, f.line) for f in findings] == [("DET108", line) for line in _lines(text)]
