"""Queries by hand become calls of the project's safe queries, which give the same."""

import subprocess
import sys
from pathlib import Path

import pytest

from detachlint.api import analyse_sources, fix_sources
from detachlint.config import Config
from tests.cli.project import build
from tests.fix.helper_programs import DATABASE, HELPERS, LEFT_ALONE, MODELS, RUN, SAFE, Case

CONFIG = Config(select=("DET301",))


def program(service: str) -> dict[str, str]:
    return {
        "shop/__init__.py": "",
        "shop/models.py": MODELS,
        "shop/safe_queries.py": HELPERS,
        "shop/database.py": DATABASE,
        "shop/service.py": service,
    }


def answer(service: str, folder: Path) -> str:
    build(folder, program(service))
    done = subprocess.run([sys.executable, "-c", RUN], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.removesuffix("\n")


@pytest.mark.parametrize("case", SAFE, ids=lambda case: case.name)
def test_the_query_becomes_a_call(case: Case, tmp_path: Path) -> None:
    files = program(case.before)
    if case.unsafe:
        assert fix_sources(files, CONFIG).changed == {}
    done = fix_sources(files, CONFIG, unsafe=case.unsafe)
    assert {path: after for path, (_, after) in done.changed.items()} == {"shop/service.py": case.after}
    assert done.report.findings == ()
    assert fix_sources(program(case.after), CONFIG, unsafe=True).changed == {}
    assert answer(case.before, tmp_path / "before") == case.answer
    assert answer(case.after, tmp_path / "after") == case.answer


@pytest.mark.parametrize("body", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_what_is_not_certain_is_left_alone(body: str) -> None:
    service = (
        "from sqlalchemy import select\nfrom sqlalchemy.ext.asyncio import AsyncSession\n"
        "from sqlalchemy.orm import joinedload\nfrom shop.models import Customer, Order\n\n\n"
        f"async def answer(session: AsyncSession, number: int, flag: bool):\n    {body}\n"
    )
    files = program(service)
    assert [f.code for f in analyse_sources(files, CONFIG).findings] == ["DET301"]
    done = fix_sources(files, CONFIG, unsafe=True)
    assert done.changed == {}
    assert all(f.unfixed for f in done.report.findings)


def test_two_queries_of_one_file() -> None:
    """What both import goes with the last of them."""
    service = """\
from shop.models import Customer, Order
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession


async def first(session: AsyncSession):
    return [c.name for c in await session.scalars(select(Customer))]


async def second(session: AsyncSession, number: int):
    return await session.scalar(select(Order).where(Order.id == number))
"""
    done = fix_sources(program(service), CONFIG)
    assert (
        done.changed["shop/service.py"][1]
        == """\
from shop.safe_queries import safe_get_customers, safe_get_order
from sqlalchemy.ext.asyncio import AsyncSession


async def first(session: AsyncSession):
    return [c.name for c in await safe_get_customers(session)]


async def second(session: AsyncSession, number: int):
    return await safe_get_order(session, number)
"""
    )
