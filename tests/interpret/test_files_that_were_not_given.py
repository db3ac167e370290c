"""Functions of the program in files that are not among the analysed ones."""

from __future__ import annotations

import pytest

from detachlint.api import analyse_sources
from tests.frameworks.library import MAPPING

_IMPORTS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


"""

_READER = """\
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from {package}.loading import load
from shop.models import Author


async def books(session: AsyncSession):
    author = (await session.scalars(select(Author))).one()
    await load(session, {passed})
    return author.books
"""


@pytest.mark.parametrize(
    ("package", "passed", "codes"),
    [("shop", "author", []), ("shelving", "author", ["DET101"]), ("shop", "print", ["DET101"])],
    ids=["its file is not given", "of a library", "not passed"],
)
def test_a_function_that_was_not_given_may_load(package: str, passed: str, codes: list[str]) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/models.py": _IMPORTS + MAPPING,
        "shop/reading.py": _READER.format(package=package, passed=passed),
    }
    assert [finding.code for finding in analyse_sources(files).findings] == codes
