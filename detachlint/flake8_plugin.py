"""The flake8 plugin: the findings of the whole program, each in the file and line where it belongs.

flake8 shows a plugin one file at a time, in several processes. The program is analysed once, in the first
process, before any file is looked at. Workers that are forked inherit the findings; workers that start afresh
(Windows, macOS, Python 3.14) read them from a file that the first process leaves for them.
"""

from __future__ import annotations

import argparse
import ast
import atexit
import json
import multiprocessing
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from detachlint import __version__
from detachlint.config import Config, find_config, load_config

_CODE = "DET"
_UNREADABLE = "DET000"
_HANDED_DOWN = "DETACHLINT_FLAKE8_FINDINGS"

Findings = dict[str, list[tuple[int, int, str]]]
"""Real path of a file -> line, column from 0, and text of what is found there."""


class DetachlintPlugin:
    """What flake8 makes for each file. ``tree`` is not used, but asks flake8 to call it once for a file."""

    name = "detachlint"
    version = __version__

    _findings: ClassVar[Findings] = {}

    def __init__(self, tree: ast.AST, filename: str) -> None:
        self._filename = filename

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Analyse the program, unless this is a worker of a run that has done so."""
        if not _is_wanted(options):
            cls._findings = {}
            return
        handed_down = _read_handed_down()
        if handed_down is not None:
            cls._findings = handed_down
            return
        cls._findings = _analyse([name for name in options.filenames or ["."] if name != "-"])
        _hand_down(cls._findings)

    def run(self) -> Iterator[tuple[int, int, str, type[DetachlintPlugin]]]:
        for line, column, text in self._findings.get(os.path.realpath(self._filename), ()):
            yield line, column, text, type(self)


def _is_wanted(options: argparse.Namespace) -> bool:
    """Whether flake8's ``--select``, where it is given, lets any of our codes through."""
    if not options.select:
        return True
    return any(code.startswith(_CODE) or _CODE.startswith(code) for code in options.select)


def _analyse(filenames: Sequence[str]) -> Findings:
    """The findings for the paths of ``[tool.detachlint]``, or for the given files where there is none."""
    from flake8.exceptions import ExecutionError

    from detachlint.api import analyse

    try:
        cwd = Path.cwd()
        file = find_config(cwd)
        config = Config() if file is None else load_config(file)
        root = config.root or cwd
        paths = filenames if file is None else [str(root / path) for path in config.paths]
        report = analyse(paths, config)
    except Exception as error:
        if os.environ.get("DETACHLINT_DEBUG"):
            raise
        raise ExecutionError(f"detachlint: {' '.join(str(error).split()) or type(error).__name__}") from None
    findings: Findings = {}
    for problem in filter(lambda problem: problem.fatal, report.problems):
        text = f"{_UNREADABLE} not analysed: {problem.message}"
        findings.setdefault(os.path.realpath(problem.path), []).append((problem.line, 0, text))
    for one in report.findings:
        found = (one.line, one.column - 1, f"{one.code} {one.message}")
        findings.setdefault(os.path.realpath(one.path), []).append(found)
    return findings


def _hand_down(findings: Findings) -> None:
    """Leave the findings where a worker that starts afresh can read them."""
    if multiprocessing.get_start_method() == "fork":
        return
    handle, path = tempfile.mkstemp(prefix="detachlint-", suffix=".json")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(findings, stream)
    atexit.register(Path(path).unlink, missing_ok=True)
    os.environ[_HANDED_DOWN] = f"{os.getpid()}:{path}"


def _read_handed_down() -> Findings | None:
    """The findings of the process that started this one as a worker; None in any other process."""
    parent = multiprocessing.parent_process()
    pid, _, path = os.environ.get(_HANDED_DOWN, "").partition(":")
    if parent is None or str(parent.pid) != pid:
        return None
    entries: dict[str, list[list[object]]] = json.loads(Path(path).read_text(encoding="utf-8"))
    return {
        name: [(int(str(line)), int(str(column)), str(text)) for line, column, text in found]
        for name, found in entries.items()
    }
