"""The hook under the real pre-commit."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.project import FAULT, FAULTY_PROJECT, SAFE, build

HOOKS = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"


def hook(name: str = "detachlint") -> dict[str, Any]:
    (found,) = [one for one in yaml.safe_load(HOOKS.read_text(encoding="utf-8")) if one["id"] == name]
    return dict(found)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return made(tmp_path, hook())


def made(tmp_path: Path, declared: dict[str, Any]) -> Path:
    """A git repository whose pre-commit runs the hook as declared, with the detachlint of this test run."""
    local = {**declared, "language": "system", "entry": f"{sys.executable} -m {declared['entry']}"}
    config = {"repos": [{"repo": "local", "hooks": [local]}]}
    build(tmp_path, {**FAULTY_PROJECT, ".pre-commit-config.yaml": yaml.safe_dump(config), "README.md": "x\n"})
    run(tmp_path, "git", "init", "--quiet")
    run(tmp_path, "git", "add", ".")
    return tmp_path


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
        "PRE_COMMIT_HOME": str(folder.parent / "pre-commit-home"),
        "PRE_COMMIT_COLOR": "never",
    }
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)


def pre_commit(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(folder, sys.executable, "-m", "pre_commit", "run", *arguments)


def test_the_declaration_is_valid() -> None:
    result = run(Path.cwd(), sys.executable, "-m", "pre_commit", "validate-manifest", str(HOOKS))
    assert (result.returncode, result.stdout) == (0, "")
    assert hook()["entry"] == "detachlint check"


def test_a_fault_stops_the_commit(repository: Path) -> None:
    result = pre_commit(repository)
    assert result.returncode == 1
    assert FAULT in result.stdout


def test_a_fault_is_found_whatever_file_was_changed(repository: Path) -> None:
    assert FAULT in pre_commit(repository, "--files", "app/models.py").stdout
    assert "Skipped" in pre_commit(repository, "--files", "README.md").stdout


def test_a_clean_program_passes(repository: Path) -> None:
    build(repository, {"app/service.py": SAFE})
    run(repository, "git", "add", ".")
    result = pre_commit(repository)
    assert (result.returncode, "Passed" in result.stdout) == (0, True)


def test_the_fixing_hook_mends_and_lets_the_mended_program_pass(tmp_path: Path) -> None:
    repository = made(tmp_path, hook("detachlint-fix"))
    first = pre_commit(repository)
    assert first.returncode == 1
    assert "files were modified by this hook" in first.stdout
    run(repository, "git", "add", ".")
    second = pre_commit(repository)
    assert (second.returncode, "Passed" in second.stdout) == (0, True)
    checked = run(repository, sys.executable, "-m", "detachlint", "check")
    assert checked.returncode == 0, checked.stdout
