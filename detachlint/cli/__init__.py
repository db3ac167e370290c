"""The command line: one file a command, imported when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from detachlint import __version__
from detachlint.config import ConfigError

INCOMPLETE = 2
"""Exit status of a run that failed or could not look at everything."""

_INTERRUPTED = 130

_COMMANDS = {
    "cache": "detachlint.cli.cache",
    "check": "detachlint.cli.check",
    "explain": "detachlint.cli.explain",
    "fix": "detachlint.cli.fix",
    "graph": "detachlint.cli.graph",
    "helpers": "detachlint.cli.helpers",
}


class _Commands(click.Group):
    """Knows its commands by name, and turns whatever goes wrong in one into a single line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = importlib.import_module(_COMMANDS[cmd_name]).command
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            click.echo("detachlint: interrupted", err=True)
            ctx.exit(_INTERRUPTED)
        except ConfigError as error:
            _fail(ctx, str(error))
        except Exception as error:
            if os.environ.get("DETACHLINT_DEBUG"):
                import traceback

                traceback.print_exc()
            what = " ".join(f"{type(error).__name__}: {error}".split())
            _fail(ctx, f"internal error: {what} (DETACHLINT_DEBUG=1 shows the traceback)")


def _fail(ctx: click.Context, message: str) -> None:
    click.echo(f"detachlint: {message}", err=True)
    ctx.exit(INCOMPLETE)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="detachlint")
def main() -> None:
    """Find the SQLAlchemy lazy loads that fail, before they run."""


def run() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        # A locale that can't show a character must not stop the report.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    main(prog_name="detachlint")
