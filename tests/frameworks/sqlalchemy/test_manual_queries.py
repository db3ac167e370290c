"""Queries that do by hand what one of the project's safe queries does: decided by meaning, not by text."""

import pytest

from detachlint.config import Config
from tests.frameworks.sqlalchemy.shop import lines

HELPERS = """
async def safe_get_orders(session: AsyncSession, customer_id: int, newest_first: bool = False):
    statement = select(Order).where(Order.customer_id == customer_id)
    statement = statement.options(joinedload(Order.customer), selectinload(Order.items))
    return (await session.scalars(statement.order_by(Order.id))).all()


async def safe_get_open_orders(session, customer_id):
    query = select(Order).filter_by(customer_id=customer_id, status="open")
    return (await session.scalars(query.options(joinedload(Order.customer)))).all()


async def safe_get_order(session, order_id):
    return await session.scalar(select(Order).where(Order.id == order_id).options(selectinload(Order.items)))


async def safe_find_orders(session, least):
    return (await session.scalars(select(Item).where(Item.id > least))).all()
"""


def manual(body: str, config: Config | None = None) -> list[str]:
    return lines(
        "DET301", f"async def f(session: AsyncSession, n: int):\n{body}", config, safe_queries=HELPERS
    )


@pytest.mark.parametrize(
    "query",
    [
        "select(Order).where(Order.customer_id == n).order_by(Order.id)",
        "select(Order).where(n == Order.customer_id).order_by(Order.id)",
        "select(Order).filter_by(customer_id=n).order_by(Order.id).options(selectinload(Order.items))",
        "select(Order).where(Order.customer_id == 7)",
        "select(Order).where(and_(Order.status == 'open', Order.customer_id == n))",
    ],
)
def test_the_same_rows(query: str) -> None:
    body = f"    query = {query}\n    return [o.id for o in await session.scalars(query)]\n"
    assert manual(body) == [f"query = {query}"]


@pytest.mark.parametrize(
    "query",
    [
        "select(Order)",
        "select(Order).where(Order.customer_id == n, Order.status == 'paid')",
        "select(Order).where(Order.customer_id != n)",
        "select(Order).where(Order.customer_id == n).limit(3)",
        "select(Order).where(Order.customer_id == n).where(Order.id > 3)",
        "select(Order).where(Order.customer_id.in_([n]))",
        "select(Order).join(Order.customer).where(Order.customer_id == n)",
        "select(Order).filter_by(customer_id=n).options(selectinload(Order.items).joinedload(Item.order))",
        "select(Order).where(Order.customer_id == n).options(load_only(Order.id))",
        "select(Order).where(Order.customer_id == n).with_for_update()",
        "select(Order.id).where(Order.customer_id == n)",
        "select(Customer).where(Customer.id == n)",
        "select(Item).where(Item.id > n)",
        "select(Order).where(Order.customer_id == None)",
    ],
)
def test_other_rows_or_more_of_them(query: str) -> None:
    assert manual(f"    return (await session.scalars({query})).all()\n") == []


@pytest.mark.parametrize(
    "call",
    [
        "await session.get(Order, n)",
        "await session.get(Order, n, options=[selectinload(Order.items)])",
        "(await session.execute(select(Order).where(Order.id == n))).scalar_one_or_none()",
    ],
)
def test_a_single_object(call: str) -> None:
    assert manual(f"    return {call}\n") == [f"return {call}"]


@pytest.mark.parametrize(
    "call",
    [
        "await session.get(Order, n, with_for_update=True)",
        "await session.get(Order, n, options=[joinedload(Order.customer)])",
        "(await session.scalars(select(Order).where(Order.id == n))).all()",
        "(await session.scalars(select(Order).where(Order.customer_id == n))).first()",
    ],
)
def test_fetched_in_another_way(call: str) -> None:
    assert manual(f"    return {call}\n") == []


def test_a_generic_repository_is_no_copy() -> None:
    body = (
        "    return await Orders(session).get(n)\n\n\n"
        "class Orders:\n    model = Order\n\n"
        "    def __init__(self, session):\n        self.session = session\n\n"
        "    async def get(self, n):\n        return await self.session.get(self.model, n)\n"
    )
    assert manual(body) == []


def test_tests_look_past_the_helpers() -> None:
    text = "async def test_it(session: AsyncSession):\n    return await session.get(Order, 1)\n"
    assert lines("DET301", "", safe_queries=HELPERS, test_orders=text) == []


def test_helpers_may_be_named_in_the_configuration() -> None:
    body = "async def f(session: AsyncSession):\n    return await session.get(Order, 1)\n"
    assert lines("DET301", body, queries=HELPERS) == []
    named = Config(helpers=("queries.safe_get_order",))
    assert lines("DET301", body, named, queries=HELPERS) == ["return await session.get(Order, 1)"]
