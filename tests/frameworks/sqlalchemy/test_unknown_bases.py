"""Names of attributes that a base of a file which was not analysed may have."""

import pytest

from detachlint.api import analyse_sources

_MODELS = """\
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
{imported}

class Base(DeclarativeBase):
    pass


class User({bases}):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
"""
_USE = """\
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import User


async def reload(session: AsyncSession, id: int):
    user = await session.get(User, id)
    await session.refresh(user, ["created_at"])
"""


@pytest.mark.parametrize(
    ("imported", "bases", "codes"),
    [
        ("", "Base", ["DET307"]),
        ("from abc import ABC", "ABC, Base", ["DET307"]),
        ("from app.stamps import Stamped", "Stamped, Base", []),
        ("from stamps import Stamped", "Stamped, Base", []),
    ],
)
def test_a_refresh_of_an_attribute_that_the_class_does_not_show(
    imported: str, bases: str, codes: list[str]
) -> None:
    models = _MODELS.format(imported=imported, bases=bases)
    findings = analyse_sources({"app/models.py": models, "app/use.py": _USE}).findings
    assert [f.code for f in findings] == codes
