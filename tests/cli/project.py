"""A small program with one fault, and a way to call detachlint on it."""

from collections.abc import Mapping
from pathlib import Path

from click.testing import CliRunner, Result

from detachlint.cli import main

MODELS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    bookings: Mapped[list["Booking"]] = relationship(back_populates="user")


class Booking(Base):
    __tablename__ = "bookings"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship(back_populates="bookings")
"""

FAULTY = """\
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Booking


async def user_name(session: AsyncSession, booking_id: int) -> str:
    booking = await session.get(Booking, booking_id)
    assert booking is not None
    return booking.user.name
"""

SAFE = """\
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.models import Booking


async def user_name(session: AsyncSession, booking_id: int) -> str:
    booking = await session.get(Booking, booking_id, options=[joinedload(Booking.user)])
    assert booking is not None
    return booking.user.name
"""

FAULT = "app/service.py:9:12: DET101 "

BASE = {
    "app/__init__.py": "",
    "app/models.py": MODELS,
    "pyproject.toml": "[tool.detachlint]\ncache = false\n",
}
FAULTY_PROJECT = {**BASE, "app/service.py": FAULTY}
SAFE_PROJECT = {**BASE, "app/service.py": SAFE}


def build(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write the files below the folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def detachlint(*arguments: str, env: Mapping[str, str | None] | None = None) -> Result:
    """Run a command in this process, in the working directory."""
    return CliRunner().invoke(main, arguments, env=env, prog_name="detachlint")
