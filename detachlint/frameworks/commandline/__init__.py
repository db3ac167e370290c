"""Commands of click and Typer."""

from detachlint.frameworks.commandline.framework import CommandLine

__all__ = ["CommandLine"]
