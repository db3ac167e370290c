"""Litestar and its services of Advanced Alchemy. They are not installed here: the program was executed with
litestar 2.25 and advanced-alchemy 1.12 under SQLAlchemy 2.1, and the requests failed that lead to the lines
which are marked.
"""

from __future__ import annotations

from detachlint.api import analyse_sources
from tests.frameworks.library import MAPPING

_PROGRAM = (
    """\
from advanced_alchemy.extensions.litestar import AsyncSessionConfig, SQLAlchemyAsyncConfig, SQLAlchemyPlugin
from advanced_alchemy.extensions.litestar.providers import (
    create_service_dependencies,
    create_service_provider,
)
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from advanced_alchemy.service import SQLAlchemyAsyncRepositoryService
from litestar import Controller, Litestar, Request, get, post
from litestar.config.app import AppConfig
from litestar.di import Provide
from litestar.plugins import InitPluginProtocol
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload


"""
    + MAPPING
    + """\
class AuthorService(SQLAlchemyAsyncRepositoryService[Author]):
    class Repo(SQLAlchemyAsyncRepository[Author]):
        model_type = Author

    repository_type = Repo


async def provide_first(db_session: AsyncSession) -> Author:
    return (await db_session.scalars(select(Author))).first()


async def provide_loaded(db_session: AsyncSession) -> Author:
    return (await db_session.scalars(select(Author).options(selectinload(Author.books)))).first()


class Authors(Controller):
    path = "/authors"
    dependencies = {
        "service": Provide(create_service_provider(AuthorService, load=[Author.books])),
        "bare": Provide(create_service_provider(AuthorService)),
    }

    @get("/{author_id:int}")
    async def loaded(self, service: AuthorService, author_id: int) -> list[str]:
        author = await service.get(author_id)
        return [book.title for book in author.books]

    @get("/bare/{author_id:int}")
    async def unloaded(self, bare: AuthorService, author_id: int) -> list[str]:
        author = await bare.get(author_id)
        return [book.title for book in author.books]  # fails

    @get("/own/{author_id:int}", dependencies=create_service_dependencies(AuthorService, key="service"))
    async def own(self, service: AuthorService, author_id: int) -> list[str]:
        author = await service.get(author_id)
        return [book.title for book in author.books]  # fails

    @post("/{author_id:int}")
    async def rename(self, service: AuthorService, db_session: AsyncSession, author_id: int) -> str:
        author = await service.get(author_id)
        await db_session.commit()
        return author.name


@get("/first")
async def first(author: Author) -> list[str]:
    return [book.title for book in author.books]  # fails


@get("/first-loaded", dependencies={"author": Provide(provide_loaded)})
async def first_loaded(author: Author) -> list[str]:
    return [book.title for book in author.books]


@get("/block")
async def block(db_session: AsyncSession) -> list[str]:
    async with AuthorService.new(session=db_session, load=[Author.books]) as service:
        return [book.title for book in (await service.get(1)).books]


@get("/bare-block")
async def bare_block(db_session: AsyncSession) -> list[str]:
    async with AuthorService.new(session=db_session) as service:
        return [book.title for book in (await service.get(1)).books]  # fails


class Core(InitPluginProtocol):
    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        app_config.dependencies.update({"author": Provide(provide_first)})
        return app_config


config = SQLAlchemyAsyncConfig(session_config=AsyncSessionConfig(EXPIRES))
app = Litestar(
    [Authors, first, first_loaded, block, bare_block], plugins=[SQLAlchemyPlugin(config=config), Core()]
)
"""
)
_FIRST = """\
async def first(author: Author) -> list[str]:
    return [book.title for book in author.books]  # fails
"""


def _failing_lines(text: str) -> list[int]:
    return [number for number, line in enumerate(text.splitlines(), 1) if line.endswith("# fails")]


def test_handlers_get_what_is_named_like_their_parameters() -> None:
    text = _PROGRAM.replace("EXPIRES", "expire_on_commit=False")
    findings = analyse_sources({"app.py": text}).findings
    assert [(f.code, f.line) for f in findings] == [("DET101", line) for line in _failing_lines(text)]


def test_a_service_and_its_handler_have_one_session() -> None:
    """Unless its configuration says otherwise it expires on commit, and the read of a column fails."""
    text = _PROGRAM.replace("EXPIRES", "").replace("return author.name", "return author.name  # fails")
    findings = analyse_sources({"app.py": text}).findings
    assert [f.line for f in findings if f.code.startswith("DET1")] == _failing_lines(text)


def test_a_configuration_that_a_function_makes() -> None:
    text = _PROGRAM.replace("EXPIRES", "expire_on_commit=False")
    text = text.replace(", SQLAlchemyAsyncConfig, SQLAlchemyPlugin", ", SQLAlchemyPlugin").replace(
        "import AsyncSessionConfig, ", "import "
    )
    text = text.replace(
        "config = SQLAlchemyAsyncConfig(session_config=AsyncSessionConfig(expire_on_commit=False))",
        "def configuration():\n"
        "    from advanced_alchemy.extensions.litestar import AsyncSessionConfig, SQLAlchemyAsyncConfig\n\n"
        "    return SQLAlchemyAsyncConfig(session_config=AsyncSessionConfig(expire_on_commit=False))\n\n\n"
        "config = configuration()",
    )
    findings = analyse_sources({"app.py": text}).findings
    assert [(f.code, f.line) for f in findings] == [("DET101", line) for line in _failing_lines(text)]


def test_dependencies_of_an_application() -> None:
    text = (
        _PROGRAM.replace("EXPIRES", "expire_on_commit=False")
        .replace('app_config.dependencies.update({"author": Provide(provide_first)})', "pass")
        .replace(
            "app = Litestar(",
            'app = Litestar(dependencies={"author": Provide(provide_loaded)}, route_handlers=',
        )
        .replace(_FIRST, _FIRST.replace("  # fails", ""))
    )
    findings = analyse_sources({"app.py": text}).findings
    assert [(f.code, f.line) for f in findings] == [("DET101", line) for line in _failing_lines(text)]
