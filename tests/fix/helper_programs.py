"""A program with safe queries, and functions that make the same queries by hand, before and after."""

from dataclasses import dataclass

MODELS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    orders: Mapped[list["Order"]] = relationship(back_populates="customer", order_by="Order.id")


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    customer: Mapped[Customer] = relationship(back_populates="orders")


class Line(Base):
    __tablename__ = "lines"
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    order: Mapped[Order] = relationship()
"""

HELPERS = """\
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, joinedload, selectinload

from shop.models import Customer, Line, Order


async def safe_get_order(session: AsyncSession, order_id: int) -> Order | None:
    return await session.scalar(select(Order).where(Order.id == order_id).options(joinedload(Order.customer)))


async def safe_get_orders_of(
    session: AsyncSession, customer_id: int, newest_first: bool = False, *, status: str
) -> list[Order]:
    query = select(Order).where(Order.customer_id == customer_id, Order.status == status)
    query = query.options(joinedload(Order.customer)).order_by(Order.id)
    return list((await session.scalars(query)).all())


async def safe_get_customers(session: AsyncSession) -> list[Customer]:
    query = select(Customer).options(selectinload(Customer.orders))
    return list((await session.scalars(query)).all())


async def safe_get_line(session: AsyncSession, order_id: int, number: int) -> Line | None:
    query = select(Line).where(Line.order_id == order_id, Line.number == number)
    return await session.scalar(query.options(joinedload(Line.order)))


async def safe_get_open_orders(session: AsyncSession) -> list[Order]:
    query = select(Order).where(Order.status == "open").options(joinedload(Order.customer)).order_by(Order.id)
    return list((await session.scalars(query)).all())


def safe_get_order_now(session: Session, order_id: int) -> Order | None:
    return session.scalar(select(Order).where(Order.id == order_id).options(joinedload(Order.customer)))
"""

DATABASE = """\
from shop.models import Base, Customer, Line, Order
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool

engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
AsyncSessionLocal = async_sessionmaker(engine, expire_on_commit=False)
sync_engine = create_engine("sqlite://", poolclass=StaticPool)
SessionLocal = sessionmaker(sync_engine)


def rows():
    anna, ben = Customer(id=1, name="Anna"), Customer(id=2, name="Ben")
    listed = [(1, "open", anna), (2, "paid", anna), (3, "open", ben)]
    orders = [Order(id=number, status=status, customer=customer) for number, status, customer in listed]
    return [*orders, Line(order=orders[0], number=7)]


async def fill():
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSessionLocal() as session:
        session.add_all(rows())
        await session.commit()
    Base.metadata.create_all(sync_engine)
    with SessionLocal() as session:
        session.add_all(rows())
        session.commit()
"""

RUN = """\
import asyncio
import inspect

from shop import service
from shop.database import AsyncSessionLocal, SessionLocal, engine, fill


async def main():
    await fill()
    if inspect.iscoroutinefunction(service.answer):
        async with AsyncSessionLocal() as session:
            print(await service.answer(session, 1))
    else:
        with SessionLocal() as session:
            print(service.answer(session, 1))
    await engine.dispose()


asyncio.run(main())
"""


@dataclass(frozen=True)
class Case:
    """``shop/service.py`` before and after it was mended, and what ``answer(session, 1)`` gives."""

    name: str
    before: str
    after: str
    answer: str
    unsafe: bool = False


SAFE = (
    Case(
        "a statement that is built up line by line",
        """\
from shop.models import Order
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession


async def answer(session: AsyncSession, number: int) -> list[int]:
    query = select(Order)
    # Of this customer only.
    query = query.where(Order.customer_id == number)
    query = query.where(Order.status == "paid").order_by(Order.id)
    found = (await session.scalars(query)).all()
    return [order.id for order in found]
""",
        """\
from shop.safe_queries import safe_get_orders_of
from sqlalchemy.ext.asyncio import AsyncSession


async def answer(session: AsyncSession, number: int) -> list[int]:
    # Of this customer only.
    found = await safe_get_orders_of(session, number, status="paid")
    return [order.id for order in found]
""",
        "[2]",
    ),
    Case(
        "get",
        '''\
from sqlalchemy.ext.asyncio import AsyncSession

from shop.models import Order


async def answer(session: AsyncSession, number: int) -> str:
    """Tell the state of an order."""
    order = await session.get(Order, number)
    return order.status
''',
        '''\
from sqlalchemy.ext.asyncio import AsyncSession

from shop.safe_queries import safe_get_order


async def answer(session: AsyncSession, number: int) -> str:
    """Tell the state of an order."""
    order = await safe_get_order(session, number)
    return order.status
''',
        "open",
    ),
    Case(
        "a get whose object is read at once",
        """\
from shop.models import Order
from sqlalchemy.ext.asyncio import AsyncSession


class Service:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def status(self, data: dict[str, int]) -> str:
        return (await self.session.get(Order, data["number"])).status


async def answer(session: AsyncSession, number: int) -> str:
    return await Service(session).status({"number": number})
""",
        """\
from shop.safe_queries import safe_get_order
from sqlalchemy.ext.asyncio import AsyncSession


class Service:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def status(self, data: dict[str, int]) -> str:
        return (await safe_get_order(self.session, data["number"])).status


async def answer(session: AsyncSession, number: int) -> str:
    return await Service(session).status({"number": number})
""",
        "open",
    ),
    Case(
        "statement and result in variables, comments kept",
        """\
from shop.models import Order
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession


async def answer(session: AsyncSession, number: int) -> str:
    # one order
    statement = (
        select(Order)  # of the customer
        .where(Order.id == number)
    )  # by its number
    result = await session.execute(statement)  # asks
    order = result.scalars().first()
    return order.status
""",
        """\
from shop.safe_queries import safe_get_order
from sqlalchemy.ext.asyncio import AsyncSession


async def answer(session: AsyncSession, number: int) -> str:
    # one order
    # of the customer
    # by its number
    # asks
    order = await safe_get_order(session, number)
    return order.status
""",
        "open",
    ),
    Case(
        "keyword arguments, and a name that is used elsewhere",
        """\
from shop.models import Order
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def answer(session: AsyncSession, number: int) -> list[int]:
    query = select(Order).filter_by(status="paid").where(number == Order.customer_id).order_by(Order.id)
    found = [order.id for order in await session.scalars(query)]
    return [*found, await session.scalar(select(func.count(Order.id)))]
""",
        """\
from shop.models import Order
from shop.safe_queries import safe_get_orders_of
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def answer(session: AsyncSession, number: int) -> list[int]:
    found = [order.id for order in await safe_get_orders_of(session, number, status="paid")]
    return [*found, await session.scalar(select(func.count(Order.id)))]
""",
        "[2, 3]",
    ),
    Case(
        "a key of two columns",
        """\
from shop.models import Line
from sqlalchemy.ext.asyncio import AsyncSession


async def answer(session: AsyncSession, number: int) -> int:
    line = await session.get(Line, (number, 7))
    return line.number
""",
        """\
from shop.safe_queries import safe_get_line
from sqlalchemy.ext.asyncio import AsyncSession


async def answer(session: AsyncSession, number: int) -> int:
    line = await safe_get_line(session, number, 7)
    return line.number
""",
        "7",
    ),
    Case(
        "a fixed condition, and options that the helper has too",
        """\
from shop.models import Order
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload


async def answer(session: AsyncSession, number: int) -> list[str]:
    query = select(Order).where(Order.status == "open").order_by(Order.id)
    orders = (await session.scalars(query.options(joinedload(Order.customer)))).all()
    return [order.customer.name for order in orders]
""",
        """\
from shop.safe_queries import safe_get_open_orders
from sqlalchemy.ext.asyncio import AsyncSession


async def answer(session: AsyncSession, number: int) -> list[str]:
    orders = await safe_get_open_orders(session)
    return [order.customer.name for order in orders]
""",
        "['Anna', 'Ben']",
    ),
    Case(
        "a synchronous query in the old style",
        """\
from shop.models import Order
from sqlalchemy.orm import Session


def answer(session: Session, number: int) -> str:
    order = session.query(Order).filter(Order.id == number).first()
    return order.customer.name
""",
        """\
from shop.safe_queries import safe_get_order_now
from sqlalchemy.orm import Session


def answer(session: Session, number: int) -> str:
    order = safe_get_order_now(session, number)
    return order.customer.name
""",
        "Anna",
    ),
    Case(
        "the call needs parentheses",
        """\
from shop.models import Customer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession


async def answer(session: AsyncSession, number: int) -> str:
    return (await session.scalars(select(Customer))).all()[0].name
""",
        """\
from shop.safe_queries import safe_get_customers
from sqlalchemy.ext.asyncio import AsyncSession


async def answer(session: AsyncSession, number: int) -> str:
    return (await safe_get_customers(session))[0].name
""",
        "Anna",
    ),
    Case(
        "the same alias of the module, and an import that has a comment",
        """\
from shop import safe_queries as queries
from shop.models import Customer  # the class
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession


async def answer(session: AsyncSession, number: int) -> list[str]:
    return [c.name for c in await session.scalars(select(Customer))] + [
        c.name for c in await queries.safe_get_customers(session)
    ]
""",
        """\
from shop import safe_queries as queries
from shop.models import Customer  # the class
from sqlalchemy.ext.asyncio import AsyncSession


async def answer(session: AsyncSession, number: int) -> list[str]:
    return [c.name for c in await queries.safe_get_customers(session)] + [
        c.name for c in await queries.safe_get_customers(session)
    ]
""",
        "['Anna', 'Ben', 'Anna', 'Ben']",
    ),
    Case(
        "no order is asked for, and the helper gives one",
        """\
from shop.models import Order
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession


async def answer(session: AsyncSession, number: int) -> list[int]:
    rows = (await session.execute(select(Order).where(Order.status == "open"))).scalars().all()
    return [order.id for order in rows]
""",
        """\
from shop.safe_queries import safe_get_open_orders
from sqlalchemy.ext.asyncio import AsyncSession


async def answer(session: AsyncSession, number: int) -> list[int]:
    rows = await safe_get_open_orders(session)
    return [order.id for order in rows]
""",
        "[1, 3]",
        unsafe=True,
    ),
)

# Bodies of functions whose queries are reported, and which no fix touches.
LEFT_ALONE = {
    "without a row it raises": """\
query = select(Order).where(Order.id == number)
    return (await session.scalars(query)).one()""",
    "another order": """\
query = select(Order).where(Order.status == "open").order_by(Order.customer_id)
    return (await session.scalars(query)).all()""",
    "rows and not objects": "return (await session.execute(select(Customer))).all()",
    "two ways of one variable": """\
query = select(Order).where(Order.id == number)
    if flag:
        query = query.with_for_update()
    return await session.scalar(query)""",
    "a statement that is read between its lines": """\
query = select(Order)
    query = query.where(Order.id == number)
    print(query)
    return await session.scalar(query)""",
    "a statement whose last line comes later": """\
query = select(Order)
    query = query.where(Order.id == number)
    order = await session.scalar(query)
    query = None
    return order""",
    "something happens in between": """\
result = await session.execute(select(Order).where(Order.id == number))
    session.add(Customer(name="Cleo"))
    return result.scalars().first()""",
    "the value changes in between": """\
query = select(Order).where(Order.id == number)
    number = 5
    return await session.scalar(query)""",
    "conditions from elsewhere": """\
conditions = [Order.id == number]
    return await session.scalar(select(Order).where(*conditions))""",
    "options from elsewhere": """\
options = [joinedload(Order.customer)]
    return await session.get(Order, number, options=options)""",
    "the result is used twice": """\
result = await session.scalars(select(Customer))
    print(result)
    return result.all()""",
    "a loop asks again": """\
query = select(Order).where(Order.id == number)
    for _ in range(2):
        order = await session.scalar(query)
    return order""",
    "a synchronous session": "return session.sync_session.scalar(select(Order).where(Order.id == number))",
}
