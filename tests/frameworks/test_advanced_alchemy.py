"""Advanced Alchemy. It is not installed here: what the programs do was seen with advanced-alchemy 1.12 under
SQLAlchemy 2.1; each of them was executed.
"""

from __future__ import annotations

import pytest

from detachlint.api import analyse_sources
from tests.frameworks.library import MAPPING

_BEGIN = (
    """\
import asyncio

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from advanced_alchemy.service import SQLAlchemyAsyncRepositoryService
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship, selectinload
from sqlalchemy.pool import StaticPool


"""
    + MAPPING
    + """\
class AuthorRepository(SQLAlchemyAsyncRepository[Author]):
    model_type = Author

    async def named(self, name):
        result = await self.session.execute(self.statement.where(Author.name == name))
        return result.scalars().first()


class StrictRepository(SQLAlchemyAsyncRepository[Author]):
    model_type = Author
    loader_options = [Author.books]
    merge_loader_options = False


class AuthorService(SQLAlchemyAsyncRepositoryService[Author]):
    repository_type = AuthorRepository

    async def create(self, data, **kwargs):
        return await super().create({**data}, **kwargs)

    async def with_books(self, id):
        return await self.get(id, load=[Author.books])


async def found_by(method, id):
    return await method(Author.id == id)


class BookService(SQLAlchemyAsyncRepositoryService[Book]):
    class Repo(SQLAlchemyAsyncRepository[Book]):
        model_type = Book

    repository_type = Repo


engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
Session = async_sessionmaker(engine, expire_on_commit=False)


async def run():
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with Session() as session:
        session.add(Book(title="Emma", author=Author(name="Austen")))
        await session.commit()
    async with Session() as session:
        books, authors = BookService(session=session), AuthorService(session=session)
        REPLACED


asyncio.run(run())
"""
)
_FAILING = [
    ("author = await authors.get(1)", "author.books", "DET101"),
    ("author = await authors.get_one(name='Austen')", "author.books", "DET101"),
    ("author = await authors.get_one_or_none(name='Austen')", "author.books", "DET101"),
    ("author = await authors.repository.named('Austen')", "author.books", "DET101"),
    ("author = await StrictRepository(session=session).get(1, load=[])", "author.books", "DET101"),
    ("author = await found_by(authors.repository.get_one, 1)", "author.books", "DET101"),
    ("found, total = await authors.list_and_count()", "[a.books for a in found]", "DET101"),
    ("author = await authors.get(1, auto_expunge=True)", "author.books", "DET102"),
    ("book = await books.get(1, load=[joinedload(Book.author)])", "book.author.books", "DET103"),
    ("author = await authors.create({'name': 'X'})", "author.books", "DET105"),
    ("author = await authors.create({'name': 'X'}, auto_refresh=False)", "author.books", "DET101"),
    ("author = await authors.update({'name': 'X'}, item_id=1)", "author.books", "DET105"),
    ("book = await books.upsert({'id': 1, 'title': 'Y', 'author_id': 1})", "book.author", "DET105"),
    ("book, made = await books.get_or_upsert(title='Emma', author_id=1)", "book.author", "DET105"),
    (
        # A default option of the repository stands in its own queries, not in what uses its statement.
        "author = await AuthorRepository(session=session, load=[Author.books]).named('Austen')",
        "author.books",
        "DET101",
    ),
]
_WORKING = [
    ("author = await StrictRepository(session=session).get(1)", "author.books"),
    (
        "author = await found_by(AuthorRepository(session=session, load=[Author.books]).get_one, 1)",
        "author.books",
    ),
    ("author = await authors.with_books(1)", "author.books[0].title"),
    ("author = await authors.get(1, load=[selectinload(Author.books)])", "author.books"),
    ("author = await authors.get(1, load=selectinload(Author.books))", "author.books"),
    ("author = await authors.get(1, load=Author.books)", "author.books"),
    ("author = await AuthorRepository(session=session, load=[Author.books]).get(1)", "author.books"),
    (
        "found = await AuthorService(session=session, load=[Author.books]).list()",
        "[a.books for a in found]",
    ),
    (
        "found, total = await authors.list_and_count(load=[[Author.books, Book.author]])",
        "[a.books[0].author.name for a in found]",
    ),
    (
        "author = await authors.get(1, statement=select(Author).options(selectinload(Author.books)))",
        "author.books",
    ),
    ("author = await authors.update({'name': 'X'}, item_id=1, load=[Author.books])", "author.books"),
    ("author = await authors.create({'name': 'X'}, auto_commit=True)", "author.name"),
    ("book = await books.get(1, load=[Book.author])", "book.author.name"),
]


def _findings(statement: str, read: str) -> list[tuple[str, int]]:
    text = _BEGIN.replace("REPLACED", f"{statement}\n        print({read})")
    return [(f.code, f.line) for f in analyse_sources({"main.py": text}).findings]


@pytest.mark.parametrize(("statement", "read", "code"), _FAILING)
def test_what_a_repository_did_not_load_fails(statement: str, read: str, code: str) -> None:
    line = _BEGIN[: _BEGIN.index("REPLACED")].count("\n") + 2
    assert _findings(statement, read) == [(code, line)]


@pytest.mark.parametrize(("statement", "read"), _WORKING)
def test_what_a_repository_loaded_is_there(statement: str, read: str) -> None:
    assert _findings(statement, read) == []


def test_the_session_of_an_injected_service_is_open() -> None:
    text = _BEGIN.replace("REPLACED", "pass") + (
        "\n\nasync def show(authors: AuthorService, id: int):\n"
        "    author = await authors.get(id)\n"
        "    return author.books\n"
    )
    assert [f.code for f in analyse_sources({"main.py": text}).findings] == ["DET101"]
