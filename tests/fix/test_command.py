"""``detachlint fix``, and the fixes that ``check`` shows."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.project import BASE, FAULTY, FAULTY_PROJECT, SAFE, SAFE_PROJECT, build, detachlint


@pytest.fixture
def faulty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return build(tmp_path, FAULTY_PROJECT)


def test_it_mends(faulty: Path) -> None:
    result = detachlint("fix", "app")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "Fixed 1 fault in 1 file.\nNo faults are left.\n"
    assert (faulty / "app" / "service.py").read_text() == SAFE
    assert detachlint("check", "app").exit_code == 0


def test_there_may_be_nothing_to_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(build(tmp_path, SAFE_PROJECT))
    result = detachlint("fix", "app")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "No faults found.\n", "")


def test_a_diff_changes_nothing_and_can_be_applied(faulty: Path) -> None:
    result = detachlint("fix", "--diff", "app")
    assert result.exit_code == 1
    assert result.stderr.startswith("Would fix 1 fault in 1 file.\n")
    assert (faulty / "app" / "service.py").read_text() == FAULTY
    (faulty / "fix.patch").write_text(result.stdout)
    subprocess.run(["git", "apply", "fix.patch"], cwd=faulty, check=True)
    assert (faulty / "app" / "service.py").read_text() == SAFE
    assert detachlint("fix", "--diff", "app").exit_code == 0


@pytest.mark.parametrize("end", ["\r\n", "  \n"])
def test_a_diff_is_exact(end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {**BASE, "app/service.py": FAULTY.replace("\n", end)}
    monkeypatch.chdir(build(tmp_path, files))
    patch = detachlint("fix", "--diff", "app").stdout_bytes
    assert detachlint("fix", "app").exit_code == 0
    after = (tmp_path / "app" / "service.py").read_bytes()
    build(tmp_path, {**files, "fix.patch": patch})
    subprocess.run(["git", "apply", "fix.patch"], cwd=tmp_path, check=True)
    assert (tmp_path / "app" / "service.py").read_bytes() == after


def test_only_what_is_selected_is_mended(faulty: Path) -> None:
    assert detachlint("fix", "app", "--select", "DET2").stdout == "No faults found.\n"
    assert detachlint("fix", "app", "--ignore", "DET101").stdout == "No faults found.\n"
    assert (faulty / "app" / "service.py").read_text() == FAULTY


def test_what_is_switched_off_by_a_comment_stays(faulty: Path) -> None:
    quiet = FAULTY.replace("booking.user.name\n", "booking.user.name  # noqa: DET101\n")
    build(faulty, {"app/service.py": quiet})
    assert detachlint("fix", "app").stdout == "No faults found.\n"
    assert (faulty / "app" / "service.py").read_text() == quiet


def test_unsafe_fixes_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine\n\n"
        'engine = create_async_engine("sqlite+aiosqlite://")\nSession = async_sessionmaker(engine)\n'
    )
    monkeypatch.chdir(build(tmp_path, {**BASE, "app/db.py": code}))
    result = detachlint("fix", "app")
    assert result.exit_code == 1
    assert "the fix is unsafe: --unsafe-fixes applies it" in result.stdout
    assert (tmp_path / "app" / "db.py").read_text() == code
    assert detachlint("fix", "app", "--unsafe-fixes").exit_code == 0
    assert "async_sessionmaker(engine, expire_on_commit=False)" in (tmp_path / "app" / "db.py").read_text()


def test_what_cannot_be_written_is_said_in_one_line(faulty: Path) -> None:
    (faulty / "app" / "service.py").chmod(0o444)
    result = detachlint("fix", "app")
    assert result.exit_code == 2
    assert result.stderr == "app/service.py:1: error: not fixed: it is read-only\n"


def test_the_reason_is_told_for_what_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = """\
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Booking


def traced(function):
    return function


@traced
async def find(session: AsyncSession, model, key):
    return await session.get(model, key)


async def user_name(session: AsyncSession, booking_id: int) -> str:
    booking = await find(session, Booking, booking_id)
    return booking.user.name
"""
    monkeypatch.chdir(build(tmp_path, {**BASE, "app/service.py": code}))
    result = detachlint("fix", "app")
    assert result.exit_code == 1
    reason = "`find()` is decorated, and takes no loader options"
    assert f"  {reason}\n" in result.stdout
    assert (tmp_path / "app" / "service.py").read_text() == code


@pytest.mark.usefixtures("faulty")
def test_check_shows_the_edit() -> None:
    result = detachlint("check", "app")
    assert "fix: load `Booking.user` where the Booking is queried\n" in result.stdout
    assert "+    booking = await session.get(Booking, booking_id, options=[joinedload(Booking.user)])" in (
        result.stdout
    )
    assert "fix: " not in detachlint("check", "app", "--no-fixes").stdout


def test_json_has_the_edits(faulty: Path) -> None:
    (finding,) = json.loads(detachlint("check", "app", "--output-format", "json").stdout)["findings"]
    fix = finding["fix"]
    assert (fix["applicability"], fix["message"]) == (
        "safe",
        "load `Booking.user` where the Booking is queried",
    )
    text = (faulty / "app" / "service.py").read_text()
    for edit in sorted(fix["edits"], key=lambda each: each["start"], reverse=True):
        assert edit["path"] == "app/service.py"
        text = text[: edit["start"]] + edit["text"] + text[edit["end"] :]
    assert text == SAFE
