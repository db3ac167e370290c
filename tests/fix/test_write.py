"""Files are replaced as a whole, or left alone with one line that says why."""

import os
import stat
from pathlib import Path

import pytest

from detachlint.domain.source import Problem
from detachlint.fix.write import write


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "project" / "service.py"
    path.parent.mkdir()
    path.write_text("before = 1\n")
    return path


def _write(file: Path, before: str = "before = 1\n", inside: Path | None = None) -> Problem | None:
    folder = inside or file.parent
    return write(file.name, before, "after = 2\n", cwd=file.parent, inside=[folder])


def test_a_file_keeps_its_mode(file: Path) -> None:
    file.chmod(0o751)
    assert _write(file) is None
    assert file.read_text() == "after = 2\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o751


def test_nothing_else_is_left_in_the_folder(file: Path) -> None:
    assert _write(file) is None
    assert [path.name for path in file.parent.iterdir()] == ["service.py"]


def test_a_file_that_has_changed_meanwhile_is_left_alone(file: Path) -> None:
    problem = _write(file, before="other = 3\n")
    assert problem == Problem("service.py", 1, "not fixed: it has changed since it was analysed")
    assert file.read_text() == "before = 1\n"


def test_a_read_only_file_is_left_alone(file: Path) -> None:
    file.chmod(0o444)
    assert _write(file) == Problem("service.py", 1, "not fixed: it is read-only")
    assert file.read_text() == "before = 1\n"


def test_a_file_that_is_gone(file: Path) -> None:
    file.unlink()
    problem = _write(file)
    assert problem is not None
    assert problem.message.startswith("not fixed: it cannot be read")
    assert not file.exists()


def test_a_link_inside_is_followed_and_stays_a_link(file: Path) -> None:
    link = file.parent / "link.py"
    link.symlink_to(file.name)
    assert write("link.py", "before = 1\n", "after = 2\n", cwd=file.parent, inside=[file.parent]) is None
    assert link.is_symlink()
    assert file.read_text() == "after = 2\n"


def test_a_link_that_leads_outside_is_not_followed(file: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("before = 1\n")
    link = file.parent / "link.py"
    link.symlink_to(outside)
    problem = write("link.py", "before = 1\n", "after = 2\n", cwd=file.parent, inside=[file.parent])
    assert problem == Problem("link.py", 1, "not fixed: it leads outside of the project")
    assert outside.read_text() == "before = 1\n"


def test_what_cannot_be_encoded_is_not_written(file: Path) -> None:
    file.write_bytes(b"# coding: ascii\n")
    head = "# coding: ascii\n"
    problem = write(file.name, head, f"{head}\u00e9 = 1\n", cwd=file.parent, inside=[file])
    assert problem is not None
    assert problem.message == "not fixed: the edit cannot be written in its encoding, ascii"
    assert file.read_bytes() == b"# coding: ascii\n"


def test_an_interrupted_write_leaves_the_file_whole(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _write(file)
    assert file.read_text() == "before = 1\n"
    assert [path.name for path in file.parent.iterdir()] == ["service.py"]
