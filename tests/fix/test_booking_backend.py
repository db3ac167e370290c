"""The booking backend's old code, edited: its routes answer as before, and those that failed answer."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from detachlint.api import fix, safe_queries, write_fixes
from detachlint.config import Config

BACKEND = Path(__file__).parents[2] / "fixtures" / "booking"

DRIVE = """\
import asyncio
import json
import sys

import httpx
from legacy.main import create_app

PATHS = ["/legacy/users/1/history", "/legacy/users/1/bookings", "/legacy/reports/attendance",
         "/legacy/packages/of-user/1"]


async def main():
    application = create_app(f"sqlite+aiosqlite:///{sys.argv[1]}")
    answers = {}
    async with application.router.lifespan_context(application):
        transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://legacy") as client:
            for path in PATHS:
                answer = await client.get(path)
                answers[path] = answer.json() if answer.is_success else answer.status_code
            answer = await client.post("/legacy/bookings/1/check-in")
            answers["check-in"] = answer.json() if answer.is_success else answer.status_code
            answer = await client.get("/legacy/bookings/1/receipt")
            answers["receipt"] = answer.text
    print(json.dumps(answers))


asyncio.run(main())
"""


@pytest.fixture
def backend(tmp_path: Path) -> Path:
    root = tmp_path / "booking"
    for name in ("app", "legacy"):
        shutil.copytree(BACKEND / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    return root


def answers(root: Path, database: str) -> dict[str, object]:
    done = subprocess.run([sys.executable, "-c", DRIVE, database], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found


def mend(root: Path, *codes: str, paths: tuple[str, ...] = ("app", "legacy")) -> dict[str, tuple[str, str]]:
    config = Config(select=codes)
    chosen = [root / path for path in paths]
    done = fix(chosen, config, unsafe=True, cwd=root)
    assert done.report.findings == ()
    assert write_fixes(done, chosen, config, cwd=root) == ()
    assert fix(chosen, config, unsafe=True, cwd=root).changed == {}
    return dict(done.changed)


def test_its_queries_become_calls_of_its_own_helper(backend: Path) -> None:
    before = answers(backend, "before.db")
    changed = mend(backend, "DET301")
    assert sorted(changed) == ["legacy/repositories/bookings.py", "legacy/services/users.py"]
    assert "bookings = await safe_get_user_bookings(self.session, user_id)" in (
        backend / "legacy/services/users.py"
    ).read_text(encoding="utf-8")
    assert answers(backend, "after.db") == before


def test_a_query_beside_the_helpers_of_the_new_code(backend: Path) -> None:
    """The call is the one that a person would write, with its import; what else the file imports stays."""
    before = """\
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Booking


async def describe(session: AsyncSession, booking_id: int) -> str:
    # With class and instructor.
    booking = (await session.execute(select(Booking).where(Booking.id == booking_id))).scalar_one_or_none()
    return str(booking)


async def count(session: AsyncSession) -> int | None:
    return await session.scalar(select(func.count(Booking.id)))
"""
    after = """\
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.safe_queries import safe_get_booking_with_relationships
from app.models import Booking


async def describe(session: AsyncSession, booking_id: int) -> str:
    # With class and instructor.
    booking = await safe_get_booking_with_relationships(session, booking_id)
    return str(booking)


async def count(session: AsyncSession) -> int | None:
    return await session.scalar(select(func.count(Booking.id)))
"""
    (backend / "app" / "services" / "reports.py").write_text(before, encoding="utf-8")
    assert mend(backend, "DET301", paths=("app",)) == {"app/services/reports.py": (before, after)}


def test_repr_and_middleware(backend: Path) -> None:
    before = answers(backend, "before.db")
    assert (before["check-in"], before["receipt"]) == (500, "Internal Server Error")
    changed = mend(backend, "DET201", "DET401")
    assert sorted(changed) == ["legacy/main.py", "legacy/models/booking.py"]
    after = answers(backend, "after.db")
    assert after["check-in"] == {"status": "attended"}
    assert '"error":"data_not_loaded"' in str(after["receipt"])


def test_with_the_helpers_that_are_written_for_it(backend: Path) -> None:
    """``helpers`` and ``fix`` together: what the old code reads is loaded by what was written for it."""
    text, problems = safe_queries([backend / "legacy"], cwd=backend)
    assert problems == ()
    (backend / "legacy" / "safe_queries.py").write_text(text, encoding="utf-8")
    before = answers(backend, "before.db")
    assert before["/legacy/users/1/bookings"] == 500
    done = fix([backend / "legacy"], Config(select=("DET301",)), cwd=backend)
    # One of them raises without a row, which the helper does not.
    assert [(f.path, f.fix) for f in done.report.findings] == [("legacy/services/bookings.py", None)]
    assert len(done.changed) == 7
    assert write_fixes(done, [backend / "legacy"], cwd=backend) == ()
    assert safe_queries([backend / "legacy"], cwd=backend)[0] == text  # what is read has not changed
    after = answers(backend, "after.db")
    assert after["/legacy/users/1/history"] == before["/legacy/users/1/history"]
    assert after["/legacy/reports/attendance"] == before["/legacy/reports/attendance"]
    bookings = after["/legacy/users/1/bookings"]
    assert isinstance(bookings, list)
    assert [booking["user"]["name"] for booking in bookings] == ["Anna Holm"] * 2
