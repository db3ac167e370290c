from pathlib import Path

import pytest

from tests.cli.project import BASE, MODELS, build, detachlint

FUNCTION = "async def safe_get_booking(session: AsyncSession, booking_id: int) -> Booking | None:"


def test_to_standard_output(faulty: Path) -> None:
    result = detachlint("helpers", "app")
    assert (result.exit_code, result.stderr) == (0, "")
    assert FUNCTION in result.stdout.splitlines()


@pytest.mark.parametrize("project", ["faulty", "safe"])
def test_what_is_loaded_already_is_in_demand_as_well(project: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(project)
    assert ".options(joinedload(Booking.user))" in detachlint("helpers", "app").stdout


def test_into_a_file(faulty: Path) -> None:
    result = detachlint("helpers", "app", "--output", "app/safe_queries.py")
    assert (result.exit_code, result.output) == (0, "")
    assert FUNCTION in (faulty / "app" / "safe_queries.py").read_text(encoding="utf-8")


def test_a_file_that_is_there_is_kept(faulty: Path) -> None:
    file = faulty / "mine.py"
    file.write_text("mine", encoding="utf-8")
    result = detachlint("helpers", "app", "--output", "mine.py")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "detachlint: mine.py: is there already; --force writes over it\n"
    assert file.read_text(encoding="utf-8") == "mine"
    assert detachlint("helpers", "app", "--output", "mine.py", "--force").exit_code == 0
    assert FUNCTION in file.read_text(encoding="utf-8")


def test_a_folder_that_is_not_there(faulty: Path) -> None:
    result = detachlint("helpers", "app", "--output", "nowhere/mine.py")
    assert result.exit_code == 2
    assert result.stderr == "detachlint: nowhere/mine.py: cannot be written: No such file or directory\n"


def test_nothing_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(build(tmp_path, {**BASE, "app/models.py": MODELS}))
    result = detachlint("helpers", "app", "--output", "mine.py")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "nothing to write: no query has to load anything along\n"
    assert not (tmp_path / "mine.py").exists()


def test_what_does_not_parse_is_told(faulty: Path) -> None:
    build(faulty, {"app/bad.py": "def broken(:\n"})
    result = detachlint("helpers", "app")
    assert result.exit_code == 2
    assert result.stderr.startswith("app/bad.py:1: error: ")
    assert FUNCTION in result.stdout.splitlines()
