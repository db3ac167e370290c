"""The plugin under the real flake8."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.project import FAULT, FAULTY, FAULTY_PROJECT, build

# Starts flake8 with workers of one kind (not forked: Windows, macOS, Python 3.14), and notes each analysis.
STARTING = """\
import multiprocessing, os, sys
from detachlint import api

analyse = api.analyse

def noted(*arguments, **options):
    with open(os.environ["ANALYSES"], "a") as stream:
        stream.write("one\\n")
    return analyse(*arguments, **options)

api.analyse = noted
if __name__ == "__main__":
    from flake8.main.cli import main

    multiprocessing.set_start_method(sys.argv[1])
    sys.exit(main(sys.argv[2:]))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return build(tmp_path / "project", {**FAULTY_PROJECT, ".flake8": "[flake8]\nmax-line-length = 110\n"})


def flake8(
    folder: Path, *arguments: str, start: tuple[str, ...] = ("-m", "flake8")
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *start, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={key: value for key, value in os.environ.items() if not key.startswith("DETACHLINT")},
    )


def test_a_finding_is_reported_where_it_belongs(project: Path) -> None:
    result = flake8(project, "-j1")
    (line,) = result.stdout.splitlines()
    assert line.startswith(f"./{FAULT}")
    assert (result.returncode, result.stderr) == (1, "")


@pytest.mark.parametrize("start", ["fork", "forkserver", "spawn"])
def test_several_processes_analyse_once_and_report_once(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    build(project, {f"app/other{number}.py": "x = 1\n" for number in range(4)})
    build(tmp_path, {"starting.py": STARTING})
    monkeypatch.setenv("ANALYSES", str(tmp_path / "analyses"))
    result = flake8(project, "-j2", start=(str(tmp_path / "starting.py"), start))
    assert [line[: len(FAULT) + 2] for line in result.stdout.splitlines()] == [f"./{FAULT}"]
    assert result.stderr == ""
    assert (tmp_path / "analyses").read_text() == "one\n"


def test_the_whole_program_is_known_when_one_file_is_looked_at(project: Path) -> None:
    assert FAULT in flake8(project, "app/service.py").stdout
    assert flake8(project, "app/models.py").stdout == ""


def test_without_a_table_the_given_paths_are_the_program(project: Path) -> None:
    (project / "pyproject.toml").unlink()
    assert FAULT in flake8(project, "app").stdout


def test_noqa_and_selection(project: Path) -> None:
    assert flake8(project, "--extend-ignore", "DET1").stdout == ""
    assert flake8(project, "--select", "E,W").stdout == ""
    assert FAULT in flake8(project, "--select", "DET101").stdout
    build(project, {"app/service.py": FAULTY.replace("user.name", "user.name  # noqa: DET101")})
    assert flake8(project).stdout == ""


def test_a_bad_configuration_is_one_line(project: Path) -> None:
    build(project, {"pyproject.toml": "[tool.detachlint]\nselekt = []\n"})
    result = flake8(project)
    assert result.returncode == 1
    assert "unknown key 'selekt' in [tool.detachlint] (did you mean 'select'?)" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr


def test_flake8_knows_the_plugin(project: Path) -> None:
    assert "detachlint: " in flake8(project, "--version").stdout
