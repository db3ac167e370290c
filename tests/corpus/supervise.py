"""Runs a measurement in a process of its own, with limits."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_GRACE = 20


def supervise(tree: Path, paths: tuple[str, ...], out: Path, seconds: int) -> dict[str, Any]:
    """Measure a tree; what went wrong is under ``crash``."""
    out.unlink(missing_ok=True)
    command = [
        sys.executable, "-m", "tests.corpus.measure", str(tree), str(out), *paths, "--seconds", str(seconds),
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + _GRACE, check=False)
        last = done.stderr.splitlines()[-12:]
        error = f"exit status {done.returncode}"
    except subprocess.TimeoutExpired:
        last, error = [], f"not even interrupted within {seconds} s"
    if not out.is_file():
        return {"crash": {"error": error, "frames": last, "stack": []}}
    result: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return result
