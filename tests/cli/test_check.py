import json
from pathlib import Path

import pytest

from tests.cli.project import FAULT, FAULTY, build, detachlint


@pytest.mark.usefixtures("safe")
def test_a_clean_program() -> None:
    result = detachlint("check", "app")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "No faults found in 3 files.\n"


@pytest.mark.usefixtures("faulty")
def test_a_fault_is_shown_with_its_query() -> None:
    result = detachlint("check", ".")
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout.startswith(f"{FAULT}async-lazy-load\n")
    assert "     9 | return booking.user.name\n" in result.stdout
    assert "app/service.py:7:" in result.stdout
    assert "7 | booking = await session.get(Booking, booking_id)" in result.stdout
    assert result.stdout.endswith("Found 1 fault in 3 files: 1 error.\n")
    code = ("     +", "     -")  # which is shown as it is
    assert max(len(line) for line in result.stdout.splitlines() if not line.startswith(code)) <= 80


@pytest.mark.usefixtures("faulty")
def test_without_a_path_the_working_directory_is_checked() -> None:
    assert detachlint("check").stdout == detachlint("check", ".").stdout


def test_the_paths_of_the_configuration_count_from_its_folder(
    faulty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(faulty, {"pyproject.toml": "[tool.detachlint]\npaths = ['app']\n", "other/broken.py": "def"})
    monkeypatch.chdir(faulty / "other")
    result = detachlint("check", "--output-format", "concise")
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout.startswith(f"../{FAULT}")


@pytest.mark.usefixtures("faulty")
def test_concise() -> None:
    result = detachlint("check", "--output-format", "concise")
    assert result.exit_code == 1
    (line,) = result.stdout.splitlines()
    assert line.startswith(FAULT)
    assert "Booking.user" in line


@pytest.mark.usefixtures("faulty")
def test_json() -> None:
    result = detachlint("check", "--output-format", "json")
    assert (result.exit_code, result.stderr) == (1, "")
    document = json.loads(result.stdout)
    (finding,) = document["findings"]
    assert finding["code"] == "DET101"
    assert (finding["path"], finding["line"], finding["column"]) == ("app/service.py", 9, 12)
    assert (finding["entity"], finding["relationship"]) == ("Booking", "user")
    assert finding["chain"] == "booking.user.name"
    assert finding["error"] == "MissingGreenlet"
    assert (finding["origin"]["path"], finding["origin"]["line"]) == ("app/service.py", 7)
    assert finding["fix"]["applicability"] == "safe"
    assert document["errors"] == []
    assert document["statistics"]["files"] == 3


@pytest.mark.usefixtures("faulty")
def test_two_runs_say_the_same() -> None:
    first = detachlint("check", "--output-format", "json").stdout
    assert detachlint("check", "--output-format", "json", "--jobs", "2").stdout == first


@pytest.mark.usefixtures("faulty")
@pytest.mark.parametrize(
    ("options", "status"),
    [
        (["--select", "DET101"], 1),
        (["--select", "det2, DET1"], 1),
        (["--select", "DET201"], 0),
        (["--ignore", "DET1"], 0),
        (["--ignore", "DET101"], 0),
        (["--ignore", "DET1", "--extend-select", "DET101"], 1),
        (["--exit-zero"], 0),
        (["--strict"], 1),
        (["--no-cache"], 1),
    ],
)
def test_options_and_the_exit_status(options: list[str], status: int) -> None:
    assert detachlint("check", *options).exit_code == status


def test_the_command_line_overrules_the_configuration(faulty: Path) -> None:
    build(faulty, {"pyproject.toml": "[tool.detachlint]\nselect = ['DET2']\nextend-select = ['DET3']\n"})
    assert detachlint("check").exit_code == 0
    assert detachlint("check", "--select", "DET101").exit_code == 1


def test_a_configuration_by_name(faulty: Path) -> None:
    build(faulty, {"lint.toml": "[tool.detachlint]\nignore = ['DET1']\n"})
    assert detachlint("check", "--config", "lint.toml").exit_code == 0


@pytest.mark.parametrize("comment", ["# noqa", "# noqa: DET101", "# detachlint: ignore[DET101]"])
def test_a_comment_hides_the_fault(faulty: Path, comment: str) -> None:
    text = FAULTY.replace("booking.user.name", f"booking.user.name  {comment}")
    build(faulty, {"app/service.py": text})
    assert detachlint("check").exit_code == 0


def test_a_skipped_file_still_belongs_to_the_program(faulty: Path) -> None:
    build(faulty, {"app/service.py": "# detachlint: skip-file\n" + FAULTY})
    assert detachlint("check").exit_code == 0


def test_per_file_ignores(faulty: Path) -> None:
    build(faulty, {"pyproject.toml": "[tool.detachlint.per-file-ignores]\n'app/serv*.py' = ['DET1']\n"})
    assert detachlint("check").exit_code == 0


@pytest.mark.usefixtures("faulty")
def test_statistics() -> None:
    result = detachlint("check", "--statistics", "--output-format", "concise")
    assert result.stdout.startswith(FAULT)
    assert "Findings\n  1  DET101 async-lazy-load\n" in result.stdout
    assert "3  files\n" in result.stdout
