"""``detachlint cache``."""

from __future__ import annotations

import click

from detachlint.cli import INCOMPLETE
from detachlint.cli.settings import configure


@click.group("cache")
def command() -> None:
    """Look after what is kept from one run for the next."""


@command.command("dir")
@click.option("--config", "config_file", type=click.Path(), help="Use this pyproject.toml.")
def show_folder(config_file: str | None) -> None:
    """Print the folder."""
    from detachlint.cache.store import folder_of

    config, _ = configure(config_file, ())
    click.echo(folder_of(config))


@command.command("clear")
@click.option("--config", "config_file", type=click.Path(), help="Use this pyproject.toml.")
def clear(config_file: str | None) -> None:
    """Delete it. Running checks are not disturbed."""
    from detachlint.cache.store import Store, folder_of

    config, _ = configure(config_file, ())
    folder = folder_of(config)
    try:
        Store(folder).clear()
    except OSError as error:
        click.echo(f"detachlint: {folder} cannot be cleared: {error.strerror or error}", err=True)
        raise click.exceptions.Exit(INCOMPLETE) from None
