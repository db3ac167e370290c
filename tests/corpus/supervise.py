"""Runs a measurement in a process of its own, with limits."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_GRACE = 20
# How often the limit of processor time may pass on the clock, on a machine that does other work too.
_SHARED = 8
# What a mutation run may take on top of its mutants: reading, parsing, and the run without mutations.
_FIRST_RUN = 3


def supervise(
    tree: Path, paths: tuple[str, ...], out: Path, seconds: int, store: Path | None = None
) -> dict[str, Any]:
    """Measure a tree; what went wrong is under ``crash``.

    Args:
        seconds: limit of processor time.
        store: folder that keeps what was parsed.
    """
    command = ["tests.corpus.measure", str(tree), str(out), *paths, "--seconds", str(seconds)]
    if store is not None:
        command += ["--store", str(store)]
    return _supervised(command, out, _SHARED * seconds + _GRACE)


def supervise_mutation(
    tree: Path,
    paths: tuple[str, ...],
    out: Path,
    store: Path,
    seconds: int,
    sample: int,
    seed: int,
    together: int,
) -> dict[str, Any]:
    """Measure the mutation recall of a tree; ``seconds`` is the limit of each analysis."""
    command = ["tests.corpus.mutation", str(tree), str(out), *paths]
    command += ["--seconds", str(seconds), "--sample", str(sample), "--seed", str(seed)]
    command += ["--together", str(together), "--store", str(store)]
    return _supervised(command, out, (sample + _FIRST_RUN) * (_SHARED * seconds + _GRACE))


def _supervised(command: list[str], out: Path, limit: int) -> dict[str, Any]:
    out.unlink(missing_ok=True)
    try:
        done = subprocess.run(
            [sys.executable, "-m", *command], capture_output=True, text=True, timeout=limit, check=False
        )
        last = done.stderr.splitlines()[-12:]
        error = f"exit status {done.returncode}"
    except subprocess.TimeoutExpired:
        last, error = [], f"not even interrupted within {limit} s on the clock"
    if not out.is_file():
        return {"crash": {"error": error, "frames": last, "stack": []}}
    result: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return result
