"""Strawberry. It is not installed here: the program was executed with strawberry-graphql 0.341 under
SQLAlchemy 2.1, with a context that has a session; without the option its query failed (MissingGreenlet).
"""

from __future__ import annotations

from detachlint.api import analyse_sources
from tests.frameworks.library import MAPPING

_MODELS = (
    """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


"""
    + MAPPING
)
_CONTEXT = """\
import strawberry
from sqlalchemy.ext.asyncio import AsyncSession
from strawberry.fastapi import BaseContext


class Context(BaseContext):
    def __init__(self, db: AsyncSession) -> None:
        super().__init__()
        self.db = db


Info = strawberry.Info[Context, None]
"""
_QUERY = """\
import strawberry
from context import Info
from models import Author
from sqlalchemy import select
from sqlalchemy.orm import selectinload


@strawberry.type
class Query:
    @strawberry.field
    async def titles(self, info: Info, name: str) -> list[str]:
        found = await info.context.db.scalars(select(Author).where(Author.name == name)OPTIONS)
        return [book.title for author in found for book in author.books]


schema = strawberry.Schema(Query)
"""


def _codes(options: str) -> list[str]:
    files = {"models.py": _MODELS, "context.py": _CONTEXT, "query.py": _QUERY.replace("OPTIONS", options)}
    return [f.code for f in analyse_sources(files).findings]


def test_the_context_of_a_request_has_what_its_class_says() -> None:
    assert _codes("") == ["DET101"]
    assert _codes(".options(selectinload(Author.books))") == []
