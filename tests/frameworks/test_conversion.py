"""Objects that are made of mapped objects, field by field: msgspec and adaptix.

adaptix is not installed here: the programs were executed with adaptix 3.0b12 under SQLAlchemy 2.1.
"""

from __future__ import annotations

import pytest

from detachlint.api import analyse_sources
from detachlint.testing import Program, execute
from tests.frameworks.library import ASYNC

_BEGIN = (
    """\
from dataclasses import dataclass

import msgspec
ADAPTIX
"""
    + ASYNC.replace("joinedload", "joinedload, selectinload")
    + """\
class BookOut(msgspec.Struct):
    title: str


class AuthorOut(msgspec.Struct):
    name: str
    books: list[BookOut]


class NameOut(msgspec.Struct):
    name: str


class PerhapsOut(msgspec.Struct):
    name: str
    books: list[BookOut] = []


@dataclass
class BookDto:
    title: str


@dataclass
class AuthorDto:
    name: str
    books: list[BookDto]


async def find(session, *options):
    return (await session.scalars(select(Author).options(*options))).unique().one()


MADE


async def main():
    await fill()
    async with Session() as session:
        author = await find(session, OPTIONS)
        print(USE)
"""
)
_ADAPTIX = "from adaptix.conversion import ConversionRetort, convert, get_converter, impl_converter"
_DECORATED = """@impl_converter
def to_dto(author: Author) -> AuthorDto: ..."""
_HELD = """class Converters:
    def __init__(self, retort):
        self.to_dtos = retort.get_converter(list[Author], list[AuthorDto])"""
_MSGSPEC = [
    "msgspec.convert(author, AuthorOut, from_attributes=True)",
    "msgspec.convert([author], type=list[AuthorOut], from_attributes=True)",
]
_OF_ADAPTIX = [
    ("to_dto = get_converter(Author, AuthorDto)", "to_dto(author)"),
    (_DECORATED, "to_dto(author)"),
    ("", "convert(author, AuthorDto)"),
    (_HELD, "Converters(ConversionRetort()).to_dtos([author])"),
]


def _text(use: str, options: str, made: str = "", adaptix: str = "") -> str:
    text = _BEGIN.replace("MADE", made).replace("OPTIONS", options).replace("USE", use)
    return text.replace("ADAPTIX", adaptix)


def _failing(text: str) -> list[tuple[str, int]]:
    return [(f.code, f.line) for f in analyse_sources({"main.py": text}).findings if f.error is not None]


@pytest.mark.parametrize("use", _MSGSPEC)
def test_msgspec_reads_each_field(use: str) -> None:
    text = _text(use, "")
    outcome = execute(Program({"main.py": text}))
    # It makes an error of its own of what the attribute raises.
    assert (outcome.error, outcome.line) == ("ValidationError", text.count("\n"))
    assert [load.attribute for load in outcome.lazy_loads] == ["books"]
    assert _failing(text) == [("DET108", text.count("\n"))]


@pytest.mark.parametrize(
    ("use", "options"),
    [
        *((use, "selectinload(Author.books)") for use in _MSGSPEC),
        ("msgspec.convert(author, NameOut, from_attributes=True)", ""),
        ("msgspec.convert(author, PerhapsOut, from_attributes=True)", ""),
    ],
)
def test_msgspec_reads_nothing_else(use: str, options: str) -> None:
    text = _text(use, options)
    assert execute(Program({"main.py": text})).error is None
    assert _failing(text) == []


@pytest.mark.parametrize(("made", "use"), _OF_ADAPTIX)
def test_adaptix_reads_each_field(made: str, use: str) -> None:
    text = _text(use, "", made, _ADAPTIX)
    assert _failing(text) == [("DET108", text.count("\n"))]


@pytest.mark.parametrize(("made", "use"), _OF_ADAPTIX)
def test_adaptix_finds_what_is_loaded(made: str, use: str) -> None:
    assert _failing(_text(use, "selectinload(Author.books)", made, _ADAPTIX)) == []
