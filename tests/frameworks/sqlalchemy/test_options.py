"""Options that do nothing, too little or too much."""

import pytest

from tests.frameworks.sqlalchemy.shop import lines

RUN = """\
async def f(session: AsyncSession):
    query = {}
    return [{} for o in await session.scalars(query)]
"""


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("select(Order).options(contains_eager(Order.customer))", True),
        ("select(Order).where(Order.status == 'open').options(contains_eager(Order.customer))", True),
        ("select(Order).join(Order.customer).options(contains_eager(Order.customer))", False),
        ("select(Order).outerjoin(Customer).options(contains_eager(Order.customer))", False),
        ("select(Order).join(Customer, Customer.id > 0).options(contains_eager(Order.customer))", False),
        (
            "select(Order).where(Customer.id == Order.customer_id).options(contains_eager(Order.customer))",
            False,
        ),
        ("select(Order, Customer).join(Customer).options(contains_eager(Order.customer))", False),
        ("select(Order).join(unknown()).options(contains_eager(Order.customer))", False),
    ],
)
def test_contains_eager_takes_its_rows_from_a_join(query: str, wrong: bool) -> None:
    assert bool(lines("DET306", RUN.format(query, "o"))) is wrong


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("select(Order).options(selectinload(Customer.orders))", True),
        ("select(Order).options(load_only(Customer.name))", True),
        ("select(Order).options(joinedload(Order.customer).selectinload(Customer.orders))", False),
        ("select(Order, Customer).join(Customer).options(selectinload(Customer.orders))", False),
    ],
)
def test_an_option_starts_at_what_is_selected(query: str, wrong: bool) -> None:
    assert bool(lines("DET308", RUN.format(query, "o"))) is wrong


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ("options=[selectinload(Order.items)]", True),
        ("options=[selectinload(Order.items)], populate_existing=True", False),
        ("options=[joinedload(Order.customer)]", False),
    ],
)
def test_get_of_what_is_there(options: str, wrong: bool) -> None:
    body = (
        "async def f(session: AsyncSession, n: int):\n"
        "    first = await session.get(Order, n, options=[joinedload(Order.customer)])\n"
        f"    again = await session.get(Order, n, {options})\n    return first, again\n"
    )
    assert bool(lines("DET308", body)) is wrong


@pytest.mark.parametrize(
    ("read", "unused"),
    [("o.id", True), ("len(o.items)", False), ("getattr(o, 'items')", False), ("unknown(o)", False)],
)
def test_what_is_loaded_and_never_read(read: str, unused: bool) -> None:
    query = "select(Order).options(selectinload(Order.items))"
    assert lines("DET303", RUN.format(query, read)) == ([f"query = {query}"] if unused else [])


@pytest.mark.parametrize(
    ("signature", "body", "wrong"),
    [
        ("session: AsyncSession, options=()", "await session.get(Order, 1)", True),
        ("session: AsyncSession, *options", "await session.get(Order, 1)", True),
        ("session: AsyncSession, options=()", "await session.get(Order, 1, options=options)", False),
        ("session: AsyncSession, options=()", "locals()", False),
    ],
)
def test_options_that_are_passed_and_ignored(signature: str, body: str, wrong: bool) -> None:
    text = (
        f"async def find({signature}):\n    return {body}\n\n\n"
        "async def f(session: AsyncSession):\n    return await find(session, joinedload(Order.customer))\n"
    )
    assert bool(lines("DET305", text)) is wrong


def test_what_is_not_a_loader_option_may_be_ignored() -> None:
    text = "def export(path, options=()):\n    return path\n\n\ndef f():\n    return export('x', ['--all'])\n"
    assert lines("DET305", text) == []


def test_a_protocol_applies_nothing() -> None:
    text = (
        "from sqlalchemy.orm.interfaces import ORMOption\n\n\n"
        "class Repository:\n    async def get(self, n: int, options: list[ORMOption] = []): ...\n"
    )
    assert lines("DET305", text) == []


@pytest.mark.parametrize(
    ("options", "reported"),
    [
        ('joinedload("order")', ["customer"]),
        ('joinedload("order").joinedload("customer")', []),
        ('joinedload("order.customer")', ["order"]),
        ('joinedload("order", "customer")', ["order"]),
        ('defaultload("order").joinedload("customer")', ["order"]),
        ('Load(Item).joinedload("order").joinedload(Order.customer)', []),
        ('joinedload(Item.order).joinedload("customer")', []),
        ('joinedload_all("order.customer")', []),
        ("joinedload_all(Item.order, Order.customer)", []),
        ('joinedload("order").options(joinedload("customer"))', []),
        ("joinedload(unknown()).load_only(Order.status)", []),
        ('joinedload("order"), subqueryload_all("order.customer")', []),
    ],
)
def test_strings_name_attributes_of_where_the_path_leads(options: str, reported: list[str]) -> None:
    """As SQLAlchemy 1 has them (and 2 does not, so these are not executed)."""
    body = (
        "from sqlalchemy.orm import Load, Session, defaultload, joinedload_all, subqueryload_all\n\n\n"
        f"def f(session: Session):\n    items = session.query(Item).options({options}).all()\n"
        "    for item in items:\n        order = item.order\n        customer = order.customer\n"
    )
    assert lines("DET308", body) == lines("DET309", body) == []
    assert [line.rpartition(".")[2] for line in lines("DET107", body)] == reported
