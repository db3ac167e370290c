from pathlib import Path

import pytest

from tests.cli.project import FAULTY_PROJECT, SAFE_PROJECT, build


@pytest.fixture
def faulty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a program that has one fault."""
    monkeypatch.chdir(tmp_path)
    return build(tmp_path, FAULTY_PROJECT)


@pytest.fixture
def safe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with the same program put right."""
    monkeypatch.chdir(tmp_path)
    return build(tmp_path, SAFE_PROJECT)
