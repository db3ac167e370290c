"""Mapping-level eager loading of many classes that lead back to each other.

SQLAlchemy itself needs minutes for such a program, so it is not executed here.
"""

from __future__ import annotations

from detachlint.api import analyse_sources

_KINDS = ("Badge", "Chat", "Order", "Photo", "Role", "Tag", "Todo")
_BEGIN = """\
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
"""
_COLLECTION = '    {0}s: Mapped[list["{0}"]] = relationship(back_populates="user", lazy="selectin")\n'
_KIND = """

class {0}(Base):
    __tablename__ = "{0}s"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship(back_populates="{0}s", lazy="joined")
    notes: Mapped[list["{0}Note"]] = relationship(back_populates="on", lazy="selectin")


class {0}Note(Base):
    __tablename__ = "{0}_notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    on_id: Mapped[int] = mapped_column(ForeignKey("{0}s.id"))
    on: Mapped[{0}] = relationship(back_populates="notes", lazy="joined")
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped["Author"] = relationship()
"""
_QUERIES = """

class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


async def greeting(session: AsyncSession, name: str) -> str:
    user = (await session.scalars(select(User).where(User.name == name))).one()
"""
_READS = "    print(user.{0}s[0].user.name, user.{0}s[0].notes[0].on.user_id)\n"
_END = """\
    again = (await session.scalars(select(User).where(User.id == user.id))).one()
    return again.name + again.Todos[0].notes[0].author.name
"""


def test_a_row_is_queried_again_that_leads_to_all_others() -> None:
    text = (
        _BEGIN
        + "".join(_COLLECTION.format(kind) for kind in _KINDS)
        + "".join(_KIND.format(kind) for kind in _KINDS)
        + _QUERIES
        + "".join(_READS.format(kind) for kind in _KINDS)
        + _END
    )
    analysis = analyse_sources({"app.py": text})
    assert not analysis.problems
    assert [(f.code, f.chain) for f in analysis.findings] == [
        ("DET101", "again.Todos[0].notes[0].author.name")
    ]
