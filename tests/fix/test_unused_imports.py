"""Imports that edits leave without a use go, and no others."""

import pytest

from detachlint.api import fix_sources
from detachlint.config import Config
from tests.fix.helper_programs import HELPERS, MODELS

QUERY = """

async def names(session: AsyncSession) -> list[str]:
    return [c.name for c in await session.scalars(select(Customer))]
"""
CALL = """

async def names(session: AsyncSession) -> list[str]:
    return [c.name for c in await safe_get_customers(session)]
"""
HELPER = "from shop.safe_queries import safe_get_customers\n"


def fixed(service: str, path: str = "shop/service.py") -> str:
    files = {
        "shop/__init__.py": "",
        "shop/models.py": "from sqlalchemy.ext.asyncio import AsyncSession\n" + MODELS,
        "shop/safe_queries.py": HELPERS,
        path: service,
    }
    return fix_sources(files, Config(select=("DET301",))).changed[path][1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "from shop.models import Customer, Order\n"
            "from sqlalchemy import func, select, text\n"
            "from sqlalchemy.ext.asyncio import AsyncSession\n\n"
            "USED = Order, func, text\n",
            "from shop.models import Order\n" + HELPER + "from sqlalchemy import func, text\n"
            "from sqlalchemy.ext.asyncio import AsyncSession\n\n"
            "USED = Order, func, text\n",
        ),
        (
            "from shop.models import Customer\n"
            "from sqlalchemy import (\n    func,\n    select,\n)\n"
            "from sqlalchemy.ext.asyncio import AsyncSession\n\n"
            "USED = func\n",
            HELPER + "from sqlalchemy import (\n    func,\n)\n"
            "from sqlalchemy.ext.asyncio import AsyncSession\n\n"
            "USED = func\n",
        ),
        (
            "from shop.models import Customer\n"
            "from sqlalchemy import (\n    func,  # counts\n    select,\n)\n"
            "from sqlalchemy.ext.asyncio import AsyncSession\n\n"
            "USED = func\n",
            HELPER + "from sqlalchemy import (\n    func,  # counts\n    select,\n)\n"
            "from sqlalchemy.ext.asyncio import AsyncSession\n\n"
            "USED = func\n",
        ),
        (
            "from shop.models import Customer\nfrom sqlalchemy import select\n"
            "from sqlalchemy.ext.asyncio import AsyncSession\n\n"
            '__all__ = ["Customer", "names"]\n',
            "from shop.models import Customer\n"
            + HELPER
            + "from sqlalchemy.ext.asyncio import AsyncSession\n\n"
            '__all__ = ["Customer", "names"]\n',
        ),
        (
            "import asyncio\n\n"
            "from sqlalchemy import select\n\n"
            "from shop.models import AsyncSession, Customer\n\n"
            "# select(Customer) is what select is for\n",
            "import asyncio\n\nfrom shop.models import AsyncSession\n" + HELPER + "\n"
            "# select(Customer) is what select is for\n",
        ),
        (
            "from shop.models import Customer\nfrom sqlalchemy import select; import asyncio\n"
            "from sqlalchemy.ext.asyncio import AsyncSession\n",
            HELPER + "from sqlalchemy import select; import asyncio\n"
            "from sqlalchemy.ext.asyncio import AsyncSession\n",
        ),
    ],
    ids=[
        "some of several names",
        "one a line",
        "a comment among them",
        "a name in a string",
        "a whole section",
        "two statements in a line",
    ],
)
def test_what_goes_and_what_stays(before: str, after: str) -> None:
    assert fixed(before + QUERY) == after + CALL


def test_a_package_may_import_for_others() -> None:
    service = "from shop.models import Customer\nfrom sqlalchemy import select\n"
    service += "from sqlalchemy.ext.asyncio import AsyncSession\n" + QUERY
    text = fixed(service, "shop/services/__init__.py")
    assert "from shop.models import Customer\n" in text
    assert "from sqlalchemy import select\n" in text


def test_a_statement_that_loses_a_name_and_gets_one() -> None:
    """Two faults of one file: a query that a helper makes, and one that needs another loader option."""
    before = """\
from shop.models import Customer, Line, Order
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload


async def names(session: AsyncSession) -> list[str]:
    query = select(Customer).options(selectinload(Customer.orders))
    return [c.name for c in await session.scalars(query)]


async def lines(session: AsyncSession) -> list[str]:
    return [line.order.status for line in await session.scalars(select(Line))]
"""
    files = {
        "shop/__init__.py": "",
        "shop/models.py": MODELS,
        "shop/safe_queries.py": HELPERS,
        "shop/service.py": before,
    }
    done = fix_sources(files, Config(select=("DET101", "DET301")))
    assert (
        done.changed["shop/service.py"][1]
        == """\
from shop.models import Line, Order
from shop.safe_queries import safe_get_customers
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload


async def names(session: AsyncSession) -> list[str]:
    return [c.name for c in await safe_get_customers(session)]


async def lines(session: AsyncSession) -> list[str]:
    return [line.order.status for line in await session.scalars(select(Line).options(joinedload(Line.order)))]
"""
    )
