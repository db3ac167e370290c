"""``detachlint helpers``."""

from __future__ import annotations

from pathlib import Path

import click

from detachlint.cli import INCOMPLETE
from detachlint.cli.progress import ProgressBar
from detachlint.cli.settings import configure


@click.command("helpers")
@click.argument("paths", nargs=-1, type=click.Path())
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write into this file and not to standard output.",
)
@click.option("--force", is_flag=True, help="Write over the file if it is there.")
@click.option("--config", "config_file", type=click.Path(), help="Use this pyproject.toml.")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep what was parsed.")
def command(
    paths: tuple[str, ...], output: Path | None, force: bool, config_file: str | None, no_cache: bool
) -> None:
    """Write a module of queries that load what their callers read.

    What that is follows from what the program reads of its objects. PATHS are files and folders; without any,
    those of [tool.detachlint] or the working directory.

    \b
    Exit status: 0 written, or nothing to write,
    2 the run failed or could not look at everything.
    """
    if output is not None and output.exists() and not force:
        raise _refusal(f"{output}: is there already; --force writes over it")
    config, chosen = configure(config_file, paths, cache=False if no_cache else None)
    from detachlint.api import safe_queries
    from detachlint.report.problems import render_problems

    with ProgressBar() as progress:
        text, problems = safe_queries(chosen, config, progress=progress)
    for line in render_problems(problems):
        click.echo(line, err=True)
    if not text:
        click.echo("nothing to write: no query has to load anything along", err=True)
    elif output is None:
        click.echo(text, nl=False)
    else:
        _write(output, text)
    if any(problem.fatal for problem in problems):
        raise click.exceptions.Exit(INCOMPLETE)


def _write(output: Path, text: str) -> None:
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _refusal(f"{output}: cannot be written: {error.strerror or error}") from None


def _refusal(message: str) -> click.exceptions.Exit:
    click.echo(f"detachlint: {message}", err=True)
    return click.exceptions.Exit(INCOMPLETE)
