"""The studio that the examples of the rules are about: its models, its data, and a ``main()`` around them.

An example shows only what matters. What it needs besides is put together here, as the text that comes before
it in the same file.
"""

from __future__ import annotations

from textwrap import indent

ASYNC_DATABASE = """\
import asyncio
import logging
from datetime import datetime

from sqlalchemy import ForeignKey, func, inspect, select
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase, DynamicMapped, Mapped, MappedAsDataclass, WriteOnlyMapped, contains_eager, joinedload,
    load_only, mapped_column, raiseload, relationship, selectinload, undefer,
)
from sqlalchemy.pool import StaticPool

engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
logger = logging.getLogger("studio")


class Base(AsyncAttrs, DeclarativeBase):
    pass


async def fill():
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with SessionLocal() as session:
        session.add_all(rows())
        await session.commit()


"""

SYNC_DATABASE = """\
from collections import Counter

from sqlalchemy import ForeignKey, create_engine, func, inspect, select
from sqlalchemy.orm import (
    DeclarativeBase, Mapped, Session, contains_eager, joinedload, mapped_column, raiseload, relationship,
    selectinload, sessionmaker,
)
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", poolclass=StaticPool)
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


def fill():
    Base.metadata.create_all(engine)
    with SessionLocal() as session:
        session.add_all(rows())
        session.commit()


"""

MODELS = """\
class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    biography: Mapped[str] = mapped_column(default="", deferred=True)
    bookings: Mapped[list["Booking"]] = relationship(back_populates="user")


class Instructor(Base):
    __tablename__ = "instructors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Lesson(Base):
    __tablename__ = "lessons"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    instructor_id: Mapped[int] = mapped_column(ForeignKey("instructors.id"))
    instructor: Mapped["Instructor"] = relationship()
    bookings: Mapped[list["Booking"]] = relationship(back_populates="lesson")


class Booking(Base):
    __tablename__ = "bookings"

    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(default="confirmed")
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    lesson_id: Mapped[int] = mapped_column(ForeignKey("lessons.id"))
    user: Mapped["User"] = relationship(back_populates="bookings")
    lesson: Mapped["Lesson"] = relationship(back_populates="bookings")


def rows():
    anna, ben = User(id=1, name="Anna"), User(id=2, name="Ben")
    lesson = Lesson(id=1, title="Reformer", instructor=Instructor(id=1, name="Mia"))
    return [Booking(id=1, user=anna, lesson=lesson), Booking(id=2, user=ben, lesson=lesson)]


"""


ASYNC = ASYNC_DATABASE + MODELS
SYNC = SYNC_DATABASE + MODELS


def async_main(*body: str) -> str:
    """A ``main()`` that fills the database and then does what the lines of ``body`` say."""
    return f"async def main():\n    await fill()\n{_block(*body)}\n\n"


def async_session(*body: str) -> str:
    """A ``main()`` that does it inside a session."""
    return async_main("async with SessionLocal() as session:", *_deeper(body))


def sync_main(*body: str) -> str:
    """The same for a synchronous program."""
    return f"def main():\n    fill()\n{_block(*body)}\n\n"


def sync_session(*body: str) -> str:
    """The same for a synchronous program, inside a session."""
    return sync_main("with SessionLocal() as session:", *_deeper(body))


def rows(expression: str) -> str:
    """The data, for an example that brings its own models."""
    return f"def rows():\n    return {expression}\n\n\n"


def _block(*lines: str) -> str:
    return indent("".join(f"{line}\n" for line in lines), "    ")


def _deeper(lines: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"    {line}" for line in lines)
