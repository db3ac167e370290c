"""Commands: called by the shell, by another command, by a test's runner."""

import pytest

from tests.frameworks.library import ASYNC, SYNC
from tests.frameworks.marked_programs import check_findings, check_run

RUN = {
    "command reads behind its session": "import click\nfrom click.testing import CliRunner\n"
    + SYNC
    + """\
@click.command()
@click.option("--book", "key", type=int, default=1)
def show(key):
    with Session() as session:
        book = session.get(Book, key)
    click.echo(book.author.name)  # fails: DetachedInstanceError


def main():
    fill()
    CliRunner().invoke(show, ["--book", "1"], catch_exceptions=False)
""",
    "session is a resource of the command": "import click\nfrom click.testing import CliRunner\n"
    + SYNC
    + """\
@click.command()
@click.pass_context
def show(ctx):
    session = ctx.with_resource(Session())
    click.echo(session.get(Book, 1).author.name)


def main():
    fill()
    CliRunner().invoke(show, [], catch_exceptions=False)
""",
    "command calls a command": "import click\nfrom click.testing import CliRunner\n"
    + SYNC
    + """\
@click.command()
@click.pass_context
def show(ctx, book=None):
    click.echo(book.author.name)  # fails: DetachedInstanceError


@click.command()
@click.pass_context
def both(ctx):
    with Session() as session:
        book = session.get(Book, 1)
    ctx.invoke(show, book=book)


def main():
    fill()
    CliRunner().invoke(both, [], catch_exceptions=False)
""",
    "command runs a coroutine": "import click\nfrom click.testing import CliRunner\n"
    + ASYNC
    + """\
async def find(key):
    await fill()
    async with Session() as session:
        return await session.get(Book, key)


@click.command()
def show():
    book = asyncio.run(find(1))
    click.echo(book.title)
    click.echo(book.author.name)  # fails: DetachedInstanceError


def main():
    CliRunner().invoke(show, [], catch_exceptions=False)
""",
}

ANALYSED = {
    "typer command": "import typer\n"
    + SYNC
    + """\
app = typer.Typer()


@app.command()
def show(key: int = 1):
    with Session() as session:
        book = session.get(Book, key)
    typer.echo(book.author.name)  # fails: DetachedInstanceError
""",
}


@pytest.mark.parametrize("text", RUN.values(), ids=RUN)
def test_sqlalchemy_does_what_is_marked(text: str) -> None:
    check_run(text)


@pytest.mark.parametrize("text", [*RUN.values(), *ANALYSED.values()], ids=[*RUN, *ANALYSED])
def test_analyser_agrees(text: str) -> None:
    check_findings(text)
