"""fastapi-pagination, and libraries that filter statements.

They are not installed here: the programs were executed with fastapi-pagination 0.16 under SQLAlchemy 2.1.
"""

from __future__ import annotations

import pytest

from detachlint.api import analyse_sources
from tests.frameworks.library import ASYNC

_BEGIN = (
    """\
from typing import TypeVar

from fastapi import Depends, FastAPI
from fastapi_filter.contrib.sqlalchemy import Filter
from fastapi_pagination import LimitOffsetPage, Page, add_pagination
from fastapi_pagination.customization import CustomizedPage, UseParamsFields
from fastapi_pagination.ext.sqlalchemy import apaginate
from pydantic import BaseModel, ConfigDict

"""
    + ASYNC.replace("joinedload", "joinedload, selectinload")
    + """\
class BookOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class AuthorOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    books: list[BookOut]


class AuthorFilter(Filter):
    name: str | None = None

    class Constants(Filter.Constants):
        model = Author


T = TypeVar("T")
ShortPage = CustomizedPage[Page[T], UseParamsFields(size=3)]


async def get_session():
    async with Session() as session:
        yield session


app = FastAPI()


@app.get("/authors", response_model=PAGE[AuthorOut])
async def authors(session: AsyncSession = Depends(get_session), wanted: AuthorFilter = Depends()):
    query = select(Author)OPTIONS
    CALL


add_pagination(app)
"""
)
_LOADED = ".options(selectinload(Author.books))"
_CALLS = [
    ("Page", "return await apaginate(session, query)"),
    ("LimitOffsetPage", "return await apaginate(session, query.order_by(Author.id))"),
    ("ShortPage", "return await apaginate(session, query)"),
    ("Page", "return await apaginate(session, wanted.sort(wanted.filter(query)))"),
    ("Page", "return await apaginate(conn=session, query=query)"),
]


def _codes(page: str, call: str, options: str) -> list[str]:
    text = _BEGIN.replace("PAGE", page).replace("CALL", call).replace("OPTIONS", options)
    return [f.code for f in analyse_sources({"main.py": text}).findings]


@pytest.mark.parametrize(("page", "call"), _CALLS)
def test_items_are_read_by_the_schema_of_the_page(page: str, call: str) -> None:
    assert _codes(page, call, "") == ["DET107"]


@pytest.mark.parametrize(("page", "call"), _CALLS)
def test_what_the_statement_loads_is_there(page: str, call: str) -> None:
    assert _codes(page, call, _LOADED) == []


@pytest.mark.parametrize(("options", "codes"), [("", ["DET101"]), (_LOADED, [])])
def test_the_items_of_a_page_are_the_rows(options: str, codes: list[str]) -> None:
    call = "return [a.books for a in (await apaginate(session, query)).items]"
    assert _codes("Page", call, options)[:1] == codes


def test_a_transformer_gets_the_rows() -> None:
    call = "return await apaginate(session, query, transformer=lambda rows: [len(a.books) for a in rows])"
    assert _codes("Page", call, "") == ["DET101"]
