"""``python -m tests.performance [--command graph] PROJECT...``: a table of cold and warm runs.

Each run is a process of its own on a copy of the project. L is the processor time of another process that
does nothing but ``libcst.parse_module`` over the same files; other times are multiples of it, so that a
busy or slow machine changes them little. A process that parses in children is charged for them too.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_PARSE_ALL = """\
import sys
from pathlib import Path
import libcst
for path in Path(sys.argv[1]).rglob("*.py"):
    try:
        libcst.parse_module(path.read_bytes())
    except Exception:
        pass
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a process and its children: seconds of processor time and of the clock, megabytes at most."""

    processor: float
    clock: float
    megabytes: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.performance")
    parser.add_argument("projects", nargs="+", type=Path)
    parser.add_argument("--command", choices=["check", "graph"], default="check")
    options = parser.parse_args()
    print(
        "| project | files | lines | L, s | cold, 1 process | cold, 2 processes (clock) | one file changed",
        end=" ",
    )
    print("| nothing changed | peak MB, cold | peak MB, unchanged |")
    print("|--|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for project in options.projects:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, "project")
            shutil.copytree(project, copy, symlinks=True, ignore=shutil.ignore_patterns(".git"))
            print(_row(project.name, copy, options.command, Path(folder, "cache")), flush=True)


def _row(name: str, project: Path, command: str, cache: Path) -> str:
    files = sorted(project.rglob("*.py"))
    lines = sum(path.read_bytes().count(b"\n") for path in files)
    analyse = [sys.executable, "-m", "detachlint", command, str(project)]
    unit = _run([sys.executable, "-c", _PARSE_ALL, str(project)], cache)
    cold = _run([*analyse, "--jobs", "1"], cache)
    _run(analyse, cache)
    unchanged = _run(analyse, cache)
    with files[len(files) // 2].open("a") as stream:
        stream.write("\n# changed\n")
    changed = _run(analyse, cache)
    shutil.rmtree(cache)
    two = _run([*analyse, "--jobs", "2"], cache)

    def times(cost: Cost) -> str:
        return f"{cost.processor / unit.processor:.2f} L"

    cells = (
        name,
        f"{len(files):,}",
        f"{lines:,}",
        f"{unit.processor:.2f}",
        times(cold),
        f"{two.clock / unit.clock:.2f} L",
        times(changed),
        f"{times(unchanged)} ({unchanged.processor:.2f} s)",
        f"{cold.megabytes:.0f}",
        f"{unchanged.megabytes:.0f}",
    )
    return f"| {' | '.join(cells)} |"


def _run(command: Sequence[str], cache: Path) -> Cost:
    begun = os.times().elapsed
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "DETACHLINT_CACHE_DIR": str(cache)},
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1, 2):
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    clock = os.times().elapsed - begun
    return Cost(usage.ru_utime + usage.ru_stime, clock, usage.ru_maxrss / 1000)


if __name__ == "__main__":
    main()
