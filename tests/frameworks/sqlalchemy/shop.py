"""A shop: the models that the programs of these tests are about."""

from detachlint.api import analyse_sources
from detachlint.config import Config

MODELS = """\
from sqlalchemy import ForeignKey, and_, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase, Mapped, contains_eager, joinedload, load_only, mapped_column, relationship, selectinload
)

SessionLocal = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"), expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    orders: Mapped[list["Order"]] = relationship(back_populates="customer")


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    customer: Mapped[Customer] = relationship(back_populates="orders")
    items: Mapped[list["Item"]] = relationship()


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    order: Mapped[Order] = relationship(overlaps="items")
"""


def lines(code: str, body: str, config: Config | None = None, **others: str) -> list[str]:
    """The lines of a program that are reported under a code; ``others`` are further modules."""
    files = {
        "models.py": MODELS,
        "main.py": "from models import *\n" + body,
        **{f"{name}.py": "from models import *\n" + text for name, text in others.items()},
    }
    report = analyse_sources(files, config or Config(extend_select=(code,)))
    return [files[f.path].splitlines()[f.line - 1].strip() for f in report.findings if f.code == code]
