"""``detachlint cache``, and ``--no-cache``."""

from pathlib import Path

import pytest

from tests.cli.project import FAULT, FAULTY_PROJECT, build, detachlint

CACHED = {**FAULTY_PROJECT, "pyproject.toml": '[tool.detachlint]\ncache-dir = "kept"\n'}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return build(tmp_path, CACHED)


def files(folder: Path) -> int:
    return sum(path.is_file() and path.parent != folder for path in folder.rglob("*"))


def test_a_run_keeps_results_where_the_option_says(project: Path) -> None:
    first = detachlint("check", "app")
    assert first.output.startswith(FAULT)
    assert files(project / "kept") > 0
    assert detachlint("check", "app").output == first.output
    assert detachlint("cache", "dir").output == f"{project / 'kept'}\n"


def test_no_cache(project: Path) -> None:
    for command in ("check", "graph"):
        detachlint(command, "app", "--no-cache")
    assert not (project / "kept").exists()


def test_clearing(project: Path) -> None:
    detachlint("check", "app")
    assert (detachlint("cache", "clear").exit_code, files(project / "kept")) == (0, 0)
    assert detachlint("cache", "clear").exit_code == 0
    assert detachlint("check", "app").output.startswith(FAULT)


def test_a_folder_that_cannot_be_cleared_is_one_line(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: object) -> None:
        raise PermissionError(13, "Permission denied")

    detachlint("check", "app")
    monkeypatch.setattr("shutil.rmtree", denied)
    result = detachlint("cache", "clear")
    assert result.exit_code == 2
    assert result.stderr == f"detachlint: {project / 'kept'} cannot be cleared: Permission denied\n"


def test_the_cache_of_one_project_is_no_source_of_it(project: Path) -> None:
    detachlint("check")
    assert detachlint("check").output == detachlint("check", "--no-cache").output
