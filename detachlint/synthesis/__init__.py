"""A module of safe queries for a program, made from what the program reads."""

from __future__ import annotations

from detachlint.synthesis.module import write_module

__all__ = ["write_module"]
