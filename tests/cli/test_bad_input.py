import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.project import FAULT, MODELS, build, detachlint


def write(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (write(b"def broken(:\n"), "app/bad.py:1: error: "),
        (write(b"x = 1\ny = '\xff'\n"), "app/bad.py:2: error: is not UTF-8"),
        (write(b"x = '\0'\n"), "app/bad.py:1: error: is not a text file"),
        (write(b"#" * 6_000_000), "app/bad.py:1: error: skipped: 6.0 MB is more than 5 MB"),
        (lambda path: path.symlink_to("nowhere.py"), "app/bad.py:1: error: is a broken link"),
    ],
    ids=["syntax", "encoding", "binary", "enormous", "link"],
)
def test_one_bad_file_is_one_line_and_the_rest_is_checked(
    faulty: Path, make: Callable[[Path], object], message: str
) -> None:
    make(faulty / "app" / "bad.py")
    result = detachlint("check", "--output-format", "concise")
    assert result.exit_code == 2
    assert result.stdout.startswith(FAULT)
    (line,) = result.stderr.splitlines()
    assert line.startswith(message)


def test_bad_input_in_json(faulty: Path) -> None:
    build(faulty, {"app/bad.py": b"\xff\n"})
    result = detachlint("check", "--output-format", "json", "--exit-zero")
    assert (result.exit_code, result.stderr) == (2, "")
    document = json.loads(result.stdout)
    assert [finding["code"] for finding in document["findings"]] == ["DET101"]
    assert [(error["path"], error["line"], error["fatal"]) for error in document["errors"]] == [
        ("app/bad.py", 1, True)
    ]


@pytest.mark.usefixtures("faulty")
def test_a_path_that_is_not_there() -> None:
    result = detachlint("check", "app", "nowhere", "--output-format", "concise")
    assert result.exit_code == 2
    assert result.stdout.startswith(FAULT)
    assert result.stderr == "nowhere:1: error: no such file or folder\n"


def test_a_folder_without_python(safe: Path) -> None:
    (safe / "docs").mkdir()
    result = detachlint("check", "docs")
    assert (result.exit_code, result.stderr) == (0, "docs:1: warning: no Python files found\n")


@pytest.mark.usefixtures("safe")
def test_an_empty_file_that_was_named() -> None:
    result = detachlint("check", "app/__init__.py")
    assert (result.exit_code, result.stderr) == (
        0,
        "app/__init__.py:1: warning: is empty: nothing to check\n",
    )


def test_an_unknown_class_in_a_model(safe: Path) -> None:
    build(safe, {"app/models.py": MODELS.replace('list["Booking"]', 'list["Bookking"]')})
    result = detachlint("check")
    assert "Bookking" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.exit_code == 2


def test_cyclic_imports(faulty: Path) -> None:
    build(
        faulty,
        {"app/a.py": "from app.b import *\nfrom app.b import x\n", "app/b.py": "from app.a import *\n"},
    )
    result = detachlint("check", "--output-format", "concise")
    assert result.stdout.startswith(FAULT)
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--select", "XYZ1"], "detachlint: select: no rule has a code that begins with 'XYZ1'\n"),
        (["--config", "none.toml"], "detachlint: none.toml: cannot be read: No such file or directory\n"),
    ],
)
@pytest.mark.usefixtures("faulty")
def test_bad_options(options: list[str], message: str) -> None:
    result = detachlint("check", *options)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", message)


def test_a_bad_configuration(faulty: Path) -> None:
    build(faulty, {"pyproject.toml": "[tool.detachlint]\nselekt = []\n"})
    result = detachlint("check")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith(
        "pyproject.toml: unknown key 'selekt' in [tool.detachlint] (did you mean 'select'?)\n"
    )


@pytest.mark.usefixtures("faulty")
def test_an_internal_error_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **options: object) -> None:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("detachlint.api.analyse", broken)
    result = detachlint("check", env={"DETACHLINT_DEBUG": None})
    assert result.exit_code == 2
    assert result.stderr == (
        "detachlint: internal error: RuntimeError: two lines (DETACHLINT_DEBUG=1 shows the traceback)\n"
    )
    assert "Traceback" in detachlint("check", env={"DETACHLINT_DEBUG": "1"}).stderr


@pytest.mark.usefixtures("faulty")
def test_an_interrupt_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("detachlint.api.analyse", interrupted)
    result = detachlint("check")
    assert (result.exit_code, result.stderr) == (130, "detachlint: interrupted\n")
