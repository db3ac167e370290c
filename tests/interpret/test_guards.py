"""What a handler of any exception makes of a read that fails in its ``try``."""

import pytest

from detachlint.api import analyse_sources
from tests.frameworks.library import SYNC

_PROGRAM = """\
import logging

logger = logging.getLogger("books")


def main():
    fill()
    with Session() as session:
        book = session.scalars(select(Book)).one()
    try:
        print(book.author.name)
    except Exception as error:
        {handled}
"""


@pytest.mark.parametrize(
    ("handled", "codes"),
    [
        ("pass", []),
        ('print("unknown author")', []),
        ('logger.warning("unknown author")', []),
        ('logger.warning("unknown author: %s", error)', ["DET102"]),
        ('logger.warning(f"unknown author: {error}")', ["DET102"]),
        ('logger.warning("unknown author", exc_info=True)', ["DET102"]),
        ('logger.exception("unknown author")', ["DET102"]),
    ],
)
def test_failure_is_one_where_the_exception_is_told(handled: str, codes: list[str]) -> None:
    text = SYNC + _PROGRAM.replace("{handled}", handled)
    assert [f.code for f in analyse_sources({"main.py": text}).findings] == codes


_WITHIN = """\
import logging

from sqlalchemy.exc import SQLAlchemyError

logger = logging.getLogger("books")


def name_of(book):
    try:
        return book.author.name
    except {inner}:
        {handled}


def main():
    fill()
    with Session() as session:
        book = session.scalars(select(Book)).one()
    try:
        print(name_of(book))
    except SQLAlchemyError as error:
        {around}
"""


@pytest.mark.parametrize(
    ("inner", "handled", "around", "codes"),
    [
        ("Exception", 'logger.exception("unknown author")', "pass", ["DET102"]),
        ("Exception", "raise", "pass", []),
        ("Exception", "return None", 'logger.exception("unknown author")', []),
        ("KeyError", "return None", "pass", []),
        ("KeyError", "return None", 'logger.exception("unknown author")', ["DET102"]),
    ],
)
def test_what_is_told_inside_does_not_get_out(
    inner: str, handled: str, around: str, codes: list[str]
) -> None:
    text = _WITHIN.replace("{inner}", inner).replace("{handled}", handled).replace("{around}", around)
    assert [f.code for f in analyse_sources({"main.py": SYNC + text}).findings] == codes
