"""A module of safe queries for a program, made from what the program reads."""

from __future__ import annotations

from detachlint.synthesis.module import write_module
from detachlint.synthesis.session_types import registries_in

__all__ = ["registries_in", "write_module"]
