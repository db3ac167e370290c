"""fastapi-sqla: its sessions, which the library makes.

It is not installed here; what its sessions do is what its source says: blocks commit and close, and only
the synchronous ones expire their objects.
"""

from __future__ import annotations

import pytest

from detachlint.api import analyse_sources
from tests.frameworks.library import MAPPING

_BEGIN = (
    """\
from fastapi import Depends, FastAPI
from fastapi_sqla import AsyncSessionDependency, open_async_session, open_session
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

"""
    + MAPPING
)
_BLOCK = """\
async def task():
    async with open_async_session(key="main") as db:
        author = (await db.scalars(select(Author))).first()
    return author.READ
"""
_SYNC = """\
def task():
    with open_session() as db:
        author = db.scalars(select(Author)).first()
    return author.READ
"""
_ROUTE = """\
app = FastAPI()


@app.get("/")
async def route(db: AsyncSession = Depends(AsyncSessionDependency(key="main"))):
    author = (await db.scalars(select(Author))).first()
    await db.commit()
    return [author.READ]
"""


@pytest.mark.parametrize(
    ("text", "read", "codes"),
    [
        (_BLOCK, "books", ["DET102"]),
        (_BLOCK, "name", []),
        (_SYNC, "name", ["DET105"]),
        (_ROUTE, "books", ["DET101"]),
        (_ROUTE, "name", []),
    ],
)
def test_sessions_of_the_library(text: str, read: str, codes: list[str]) -> None:
    report = analyse_sources({"main.py": _BEGIN + text.replace("READ", read)})
    assert [f.code for f in report.findings] == codes
