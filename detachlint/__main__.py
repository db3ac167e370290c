"""``python -m detachlint``."""

from __future__ import annotations

from detachlint.cli import run

if __name__ == "__main__":
    run()
