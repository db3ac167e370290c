"""detachlint as a process: terminals, pipes, locales, start-up."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pytest

from detachlint import __version__
from detachlint.cli import progress
from tests.cli.project import FAULT, FAULTY, build

COMMAND = [sys.executable, "-m", "detachlint"]
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def environment(**extra: str) -> Mapping[str, str]:
    kept = {
        key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")
    }
    return {**kept, **extra}


def read_all(descriptor: int) -> str:
    chunks = []
    while True:
        try:
            chunk = os.read(descriptor, 65536)
        except OSError:  # Linux says so at the end of a terminal
            break
        if not chunk:
            break
        chunks.append(chunk)
    return b"".join(chunks).decode().replace("\r\n", "\n")


def on_a_terminal(*arguments: str, **extra: str) -> str:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(TERM="xterm-256color", COLUMNS="80", **extra),
    )
    os.close(theirs)
    output = read_all(ours)
    process.wait()
    os.close(ours)
    return output


def in_a_pipe(*arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, check=False, env=environment(**extra)
    )


@pytest.mark.usefixtures("faulty")
def test_a_pipe_gets_plain_text_and_a_terminal_the_same_in_colour() -> None:
    piped = in_a_pipe("check")
    assert (piped.returncode, piped.stderr) == (1, "")
    assert piped.stdout.startswith(FAULT)
    assert "\x1b" not in piped.stdout
    shown = on_a_terminal("check")
    assert "\x1b[1;31mDET101" in shown
    assert ESCAPES.sub("", shown).endswith(piped.stdout)  # behind a progress bar, on a slow machine


@pytest.mark.usefixtures("faulty")
def test_no_color_is_obeyed() -> None:
    assert "\x1b[1;31m" not in on_a_terminal("check", NO_COLOR="1")
    assert "\x1b[31m" not in on_a_terminal("check", NO_COLOR="1")


def test_a_locale_that_lacks_a_character(faulty: Path) -> None:
    build(faulty, {"app/service.py": FAULTY.replace("name\n", "name  # naïve → fails\n")})
    result = in_a_pipe("check", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (result.returncode, result.stderr) == (1, "")
    assert r"na\xefve \u2192 fails" in result.stdout


def test_version_and_usage_errors() -> None:
    assert in_a_pipe("--version").stdout == f"detachlint, version {__version__}\n"
    result = in_a_pipe("check", "--output-format", "xml")
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_help_waits_for_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from detachlint.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "heavy = {'rich', 'libcst', 'jinja2', 'msgspec', 'sqlalchemy', 'multiprocessing'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.endswith("HEAVY []\n")


@contextmanager
def terminal_as_stderr(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, TextIO]]:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("TERM", "xterm")
        yield ours, stream


def test_a_long_run_shows_its_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_PATIENCE_SECONDS", 0.0)
    with terminal_as_stderr(monkeypatch) as (ours, stream):
        with progress.ProgressBar() as bar:
            bar("parsing", 1, 2)
        stream.write("<end>")
        stream.flush()
        shown = ""
        while "<end>" not in shown:  # a terminal hands over what there is, not all that was written
            shown += os.read(ours, 65536).decode()
    assert "parsing" in shown


def test_a_short_run_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal_as_stderr(monkeypatch) as (ours, stream):
        with progress.ProgressBar() as bar:
            bar("parsing", 1, 2)
        stream.write("end")
        stream.flush()
        assert os.read(ours, 65536) == b"end"


def test_progress_is_not_written_to_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "_PATIENCE_SECONDS", 0.0)
    with progress.ProgressBar() as bar:
        bar("parsing", 1, 2)
    assert capsys.readouterr() == ("", "")
