"""Programs that are run and analysed: the analyser must say what SQLAlchemy does, and where."""

from __future__ import annotations

from detachlint.api import analyse_sources
from detachlint.testing import Program, execute

STUDIO = """
from datetime import datetime
from sqlalchemy import ForeignKey, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship, selectinload
from sqlalchemy.pool import StaticPool


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
    spot: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship(back_populates="bookings")
    payments: Mapped[list["Payment"]] = relationship(back_populates="booking")

    @property
    def owner(self) -> str:
        return self.user.name


class Payment(Base):
    __tablename__ = "payments"
    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]
    kind: Mapped[str]
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id"))
    booking: Mapped[Booking] = relationship(back_populates="payments")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "cash"}


class CardPayment(Payment):
    digits: Mapped[str | None]
    __mapper_args__ = {"polymorphic_identity": "card"}


engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
factory = async_sessionmaker(engine, expire_on_commit=False)


async def fill() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with factory() as session:
        booking = Booking(spot=1, payments=[Payment(amount=5), CardPayment(amount=6, digits="1234")])
        session.add(User(name="Ada", bookings=[booking]))
        await session.commit()


async def get_session():
    async with factory() as session:
        yield session
"""


def disagreement(text: str) -> str:
    """ "" when the analyser's findings are what happens at run time; else both."""
    main = text if text.lstrip().startswith("# file:") else f"# file: main.py\n{text}"
    program = Program.parse(f"# file: studio.py\n{STUDIO}\n{main}")
    outcome = execute(program)
    findings = [f for f in analyse_sources(program.files).findings if f.error is not None]
    found: set[tuple[str | None, str | None, int | None]] = {(f.error, f.path, f.line) for f in findings}
    if outcome.error is None:
        return f"clean, but {found}" if found else ""
    if "Error extracting attribute" in outcome.message:
        # Pydantic keeps the text of what a property raised and forgets its traceback: the finding is there.
        found |= {(error, outcome.path, outcome.line) for error, path, _ in found if path == "studio.py"}
    if outcome.error == "PydanticSerializationError":
        # Of what a computed field raises while a response is serialised, pydantic keeps the text only.
        return (
            "" if any(str(error) in outcome.message for error, _, _ in found) else f"{outcome}, but {found}"
        )
    wanted = (outcome.error, outcome.path, outcome.line)
    return "" if wanted in found else f"{wanted} ({outcome.message[:200]}), but {found or 'no finding'}"
