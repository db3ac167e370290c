"""What a refresh expires by its cascade and loads again by the options that stay with the object."""

from __future__ import annotations

import pytest

from detachlint.api import analyse_sources
from detachlint.testing import Program, execute

_TEXT = """\
# file: main.py
import asyncio

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload
from sqlalchemy.pool import StaticPool

engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
Session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Event(Base):
    __tablename__ = "events"
    id: Mapped[int] = mapped_column(primary_key=True)
    patches: Mapped[list["Patch"]] = relationship(cascade="all, delete-orphan")


class Patch(Base):
    __tablename__ = "patches"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))


async def texts(session):
    event = (await session.scalars(select(Event).options(selectinload(Event.patches)))).one()
    held = event.patches
    await session.refresh(event)
    return READ


async def run():
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with Session() as session:
        session.add(Event(patches=[Patch(text="a")]))
        await session.commit()
    async with Session() as session:
        print(await texts(session))


def main():
    asyncio.run(run())
"""


@pytest.mark.parametrize(
    "read", ["[patch.text for patch in held]", "[patch.text for patch in event.patches]"]
)
def test_what_the_options_load_again_is_there(read: str) -> None:
    program = Program.parse(_TEXT.replace("READ", read))
    assert execute(program).error is None
    assert analyse_sources(program.files).findings == ()
