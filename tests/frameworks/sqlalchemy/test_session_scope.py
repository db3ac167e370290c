"""Sessions that are used after their block or by several tasks."""

import pytest

from tests.frameworks.sqlalchemy.shop import lines


def test_a_session_that_is_used_after_its_block() -> None:
    body = (
        "async def f():\n    async with SessionLocal() as session:\n        await session.get(Order, 1)\n"
        "    await session.get(Order, 2)\n    await session.get(Order, 3)\n"
    )
    assert lines("DET402", body) == ["await session.get(Order, 2)"]


def test_an_explicit_close_is_a_new_beginning() -> None:
    body = (
        "async def f():\n    session = SessionLocal()\n"
        "    await session.close()\n    await session.get(Order, 1)\n"
    )
    assert lines("DET402", body) == []


@pytest.mark.parametrize(
    ("work", "line"),
    [
        ("session.add(Order(status='new'))\n    await session.flush()", "await session.flush()"),
        ("await session.get(Order, n)", "await asyncio.gather(*[work(session, n) for n in numbers])"),
    ],
)
def test_tasks_that_share_a_session(work: str, line: str) -> None:
    body = (
        f"import asyncio\n\n\nasync def work(session, n):\n    {work}\n\n\nasync def f(numbers: list[int]):\n"
        "    async with SessionLocal() as session:\n"
        "        await asyncio.gather(*[work(session, n) for n in numbers])\n"
    )
    assert lines("DET402", body) == [line]


def test_a_session_for_each_task() -> None:
    body = (
        "import asyncio\n\n\nasync def work(n):\n    async with SessionLocal() as session:\n"
        "        session.add(Order(status='new'))\n        await session.flush()\n\n\n"
        "async def f(numbers: list[int]):\n    await asyncio.gather(*[work(n) for n in numbers])\n"
    )
    assert lines("DET402", body) == []


def test_tasks_that_share_a_synchronous_session() -> None:
    body = (
        "import asyncio\nfrom sqlalchemy.orm import Session\n\n\nasync def work(session, n):\n"
        "    print(session.get(Order, n))\n    await asyncio.sleep(0)\n\n\n"
        "async def f(numbers: list[int]):\n    with Session() as session:\n"
        "        await asyncio.gather(*[work(session, n) for n in numbers])\n"
    )
    assert lines("DET402", body) == []
