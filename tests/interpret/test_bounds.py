"""What is found although a bound was reached."""

import pytest

from detachlint.api import analyse_sources
from tests.frameworks.library import ASYNC, SYNC

_TITLES = """\
def main():
    fill()
    with Session() as session:
        book = session.scalars(select(Book)).one()
    lines = [1, 2, 3]
    for line in lines:
        print(line)
        print(line + 1)
    print(title(book))


def title(book):
    return {read}
"""

_AFTER_A_LOOP = """\
async def work():
    await fill()
    async with Session() as session:
        book = (await session.scalars(select(Book))).one()
        lines = [1, 2, 3]
        for line in lines:
            print(line)
            print(line + 1)
        {then}


{function}


def main():
    asyncio.run(work())
"""

_LOADED_BY_A_CALL = _AFTER_A_LOOP.format(
    then="""await load(session, book)
        return book.author.name""",
    function="""async def load(session, book):
    await session.refresh(book, ["author"])""",
)

_BROUGHT_BY_A_CALL = _AFTER_A_LOOP.format(
    then="""author = await author_of(session, book.author_id)
        return book.author.name, author""",
    function="""async def author_of(session, key):
    return (await session.scalars(select(Author).where(Author.id == key))).one()""",
)

_KIND = """\
async def work():
    await fill()
    async with Session() as session:
        book = await find(session, "{kind}")
        return book.author.name


async def find(session, kind):
    statement = select(Book)
    if kind == "full":
        statement = statement.options(joinedload(Book.author))
    return (await session.scalars(statement)).one()


def main():
    asyncio.run(work())
"""

_HANDLER = """\
class Sessions:
    def open(self):
        return Session()


class Handler:
    def __init__(self):
        self.sessions = Sessions()

    def handle(self):
        with self.sessions.open() as session:
            book = session.scalars(select(Book)).one()
        return {read}


def main():
    fill()
    handler = Handler()
    return handler.handle()
"""


_CLOSED_BY_A_CALL = """\
def main():
    fill()
    session = Session()
    lines = [1, 2, 3]
    for line in lines:
        print(line)
        print(line + 1)
    book = first(session)
    print(book.author.name)


def first(session):
    book = session.scalars(select(Book)).one()
    session.close()
    return book
"""


def _give_entry_points_little(monkeypatch: pytest.MonkeyPatch, reserve: int = 0) -> None:
    monkeypatch.setattr("detachlint.interpret.machine.MAX_ENTRY_WORK", 8)
    monkeypatch.setattr("detachlint.interpret.machine.RESERVE", reserve)


def _found(body: str, read: str) -> list[str]:
    findings = analyse_sources({"main.py": SYNC + body.format(read=read)}).findings
    return [f.code for f in findings]


@pytest.mark.parametrize(("read", "codes"), [("book.author.name", ["DET102"]), ("book.title", [])])
def test_call_that_is_left_out_is_followed_later(
    monkeypatch: pytest.MonkeyPatch, read: str, codes: list[str]
) -> None:
    _give_entry_points_little(monkeypatch)
    assert _found(_TITLES, read) == codes


@pytest.mark.parametrize(("read", "codes"), [("book.author.name", ["DET102"]), ("book.title", [])])
def test_object_that_can_open_a_session_is_passed_on_in_a_large_program(
    monkeypatch: pytest.MonkeyPatch, read: str, codes: list[str]
) -> None:
    monkeypatch.setattr("detachlint.interpret.machine.MANY_FUNCTIONS", 0)
    assert _found(_HANDLER, read) == codes


def test_call_that_is_left_out_may_have_loaded_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    _give_entry_points_little(monkeypatch)
    assert analyse_sources({"main.py": ASYNC + _LOADED_BY_A_CALL}).findings == ()


def test_call_that_is_left_out_may_have_brought_what_a_foreign_key_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sources = {"main.py": ASYNC + _BROUGHT_BY_A_CALL}
    assert [f.code for f in analyse_sources(sources).findings] == ["DET113"]
    _give_entry_points_little(monkeypatch)
    assert [f.code for f in analyse_sources(sources).findings] == ["DET113"]


@pytest.mark.parametrize(("kind", "codes"), [("full", []), ("short", ["DET101"])])
def test_constant_of_which_a_busy_function_is_not_told_rules_out_what_it_did_for_others(
    monkeypatch: pytest.MonkeyPatch, kind: str, codes: list[str]
) -> None:
    monkeypatch.setattr("detachlint.interpret.contexts.memo.PLAIN_CONTEXTS", -1)
    report = analyse_sources({"main.py": ASYNC + _KIND.format(kind=kind)})
    assert [f.code for f in report.findings] == codes


@pytest.mark.parametrize(
    ("test", "last", "codes"),
    [
        ("kind == 'full'", "kind9", []),
        ("kind == 'full'", "full", ["DET102"]),
        ("kind in ('full', 'whole')", "kind9", []),
        ("kind in ('full', 'whole')", "whole", ["DET102"]),
        ("not kind", "kind9", []),
        ("not kind", "", ["DET102"]),
    ],
)
def test_busy_function_is_told_of_the_constants_that_it_compares_with(
    test: str, last: str, codes: list[str]
) -> None:
    def caller(number: int, kind: str) -> str:
        return f"""\
def caller_{number}():
    with Session() as session:
        book = session.scalars(select(Book)).first()
    return show(book, "{kind}")


"""

    function = f"def show(book, kind):\n    if {test}:\n        return book.author\n    return kind\n\n\n"
    callers = "".join(caller(n, f"kind{n}") for n in range(12))
    report = analyse_sources({"main.py": f"{SYNC}\n\n{function}{callers}{caller(12, last)}"})
    assert [f.code for f in report.findings] == codes


_WRAPPED = """
from functools import wraps

def logged(function):
    @wraps(function)
    async def wrapper(*args, **kwargs):
        try:
            return await function(*args, **kwargs)
        except KeyError as error:
            raise ValueError from error
    return wrapper

@logged
async def author(session, id):
    return (await session.scalars(select(Author).where(Author.id == id))).first()

@logged
async def book(session, id):
    return (await session.scalars(select(Book).where(Book.id == id))).first()

async def main():
    async with Session() as session:
        await author(session, 1), await author(session, 2), await author(session, 3)
        print((await book(session, 4)).author)
"""


def test_a_wrapper_is_counted_for_each_function_that_it_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detachlint.interpret.contexts.memo.MAX_CONTEXTS", 2)
    report = analyse_sources({"main.py": ASYNC + _WRAPPED})
    assert [f.code for f in report.findings] == ["DET101"]


def test_argument_that_grows_at_each_call_ends() -> None:
    report = analyse_sources(
        {
            "main.py": """\
def columns(record, parents=()):
    found = []
    for key in record.keys():
        if isinstance(record[key], dict):
            found.extend(columns(record[key], (*parents, key)))
        else:
            found.append(".".join([*parents, key]))
    return found
"""
        }
    )
    assert report.problems == ()
    assert report.statistics["contexts"] <= 5


def test_thirty_calls_inside_each_other_are_followed() -> None:
    step = """\
def step_{}(book):
    for each in [book]:
        if each:
            return ((((((((step_{}(each),),),),),),),),)


"""
    steps = "".join(step.format(n, n + 1) for n in range(30))
    last = "def step_30(book):\n    return book.author.name\n"
    begin = """

def main():
    fill()
    with Session() as session:
        book = session.scalars(select(Book)).one()
    return step_0(book)
"""
    report = analyse_sources({"main.py": SYNC + "\n\n" + steps + last + begin})
    assert report.problems == ()
    assert [f.code for f in report.findings] == ["DET102"]


@pytest.mark.parametrize(("reserve", "codes"), [(0, []), (1_000, ["DET102"])])
def test_one_dear_entry_point_draws_on_the_reserve(
    monkeypatch: pytest.MonkeyPatch, reserve: int, codes: list[str]
) -> None:
    _give_entry_points_little(monkeypatch, reserve)
    assert [f.code for f in analyse_sources({"main.py": SYNC + _CLOSED_BY_A_CALL}).findings] == codes


@pytest.mark.parametrize(("most", "codes"), [(1, []), (1_000, ["DET102"])])
def test_entry_points_of_a_program_that_has_cost_much_may_cost_less(
    monkeypatch: pytest.MonkeyPatch, most: int, codes: list[str]
) -> None:
    program = "def earlier():\n    print(1)\n    print(2)\n\n\n" + _CLOSED_BY_A_CALL
    monkeypatch.setattr("detachlint.interpret.machine.AMPLE_WORK", most)
    monkeypatch.setattr("detachlint.interpret.machine.MAX_ENTRY_WORK", 60)
    monkeypatch.setattr("detachlint.interpret.machine.RESERVE", 0)
    assert [f.code for f in analyse_sources({"main.py": SYNC + program}).findings] == codes


@pytest.mark.parametrize(("first", "codes"), [("print", []), ("Session", ["DET102"])])
def test_entry_point_far_from_the_orm_does_not_go_where_nobody_has_met_it(
    monkeypatch: pytest.MonkeyPatch, first: str, codes: list[str]
) -> None:
    program = f"""\
def load():
    with Session() as session:
        return session.scalars(select(Book)).one()


def earlier():
    return show(print)


def main():
    with_what = {first}()
    a = 1
    b = 2
    c = 3
    d = 4
    return show(load)


def show(how):
    return how().author
"""
    monkeypatch.setattr("detachlint.interpret.machine.MAX_ENTRY_WORK", 16)
    monkeypatch.setattr("detachlint.interpret.machine.RESERVE", 0)
    monkeypatch.setattr("detachlint.interpret.left_out.MAX_LEFT_OUT", 0)
    report = analyse_sources({"main.py": SYNC + program})
    assert [f.code for f in report.findings] == codes


@pytest.mark.parametrize(("most", "count"), [(1, 1), (1_000, 2)])
def test_what_is_run_again_for_changed_modules_may_cost_only_so_much(
    monkeypatch: pytest.MonkeyPatch, most: int, count: int
) -> None:
    program = """\
held = None


def first():
    return held.author.name


def second():
    return held.author.name


def start():
    global held
    with Session() as session:
        held = session.scalars(select(Book)).one()
"""
    monkeypatch.setattr("detachlint.interpret.machine.AMPLE_WORK", most)
    codes = [f.code for f in analyse_sources({"main.py": SYNC + program}).findings]
    assert codes == ["DET110"] * count


@pytest.mark.parametrize(
    "readers",
    [
        "def reads():\n    return held.author\n",
        "def reads():\n    return show()\n\n\ndef show():\n    return held.author\n",
    ],
    ids=["by itself", "by a call"],
)
def test_only_who_reads_a_variable_that_is_set_later_is_run_again(readers: str) -> None:
    program = f"""\
held = None


{readers}

def keeps_away():
    return [1, 2]


def start():
    global held
    with Session() as session:
        held = session.scalars(select(Book)).one()
"""
    report = analyse_sources({"main.py": SYNC + program})
    assert [f.code for f in report.findings] == ["DET110"]
    unset = analyse_sources({"main.py": SYNC + program.replace("held = session", "kept = session")})
    assert report.statistics["entry points"] == unset.statistics["entry points"] + 1


@pytest.mark.parametrize(
    ("reads", "sets", "codes"),
    [
        ("    return Shelf.held.author", "Shelf.held = session.scalars(select(Book)).one()", ["DET110"]),
        (
            "    for book in Shelf.held.scalars(select(Book)):\n        print(book.author.name)",
            "Shelf.held = Session()",
            ["DET107"],
        ),
    ],
    ids=["object", "session"],
)
def test_who_reads_a_variable_of_a_class_that_is_set_later_is_run_again(
    reads: str, sets: str, codes: list[str]
) -> None:
    program = f"""\
class Shelf:
    held = None


def show():
{reads}


def start():
    with Session() as session:
        {sets}
"""
    assert [f.code for f in analyse_sources({"main.py": SYNC + program}).findings] == codes


@pytest.mark.parametrize("decorator", ["@given", ""])
def test_function_is_decorated_though_the_first_that_asks_for_it_has_spent_all(
    monkeypatch: pytest.MonkeyPatch, decorator: str
) -> None:
    program = f"""\
def given(function):
    def wrapper(self):
        with Session() as session:
            return function(self, session)
    return wrapper


class Shelf:
    {decorator}
    def first(self, session):
        return session.scalars(select(Book)).one()


def costly(shelf: Shelf):
    {"print(shelf);" * 12}
    return shelf.first


def show():
    return Shelf().first().author.name
"""
    _give_entry_points_little(monkeypatch, 0)
    codes = [f.code for f in analyse_sources({"main.py": SYNC + program}).findings]
    assert codes == (["DET102"] if decorator else [])


def test_guard_does_not_end_the_one_path_that_a_costly_function_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = """\
def titles(first, second):
    lines = [1, 2, 3]
    for line in lines:
        print(line)
        print(line + 1)
    if first:
        raise ValueError(first)
    if not second:
        return None
    with Session() as session:
        book = session.scalars(select(Book)).one()
    return book.author.name
"""
    monkeypatch.setattr("detachlint.interpret.paths.attempts.MAX_WORK", 8)
    assert [f.code for f in analyse_sources({"main.py": SYNC + program}).findings] == ["DET102"]


@pytest.mark.parametrize(
    "choice",
    [
        """\
    if first:
        book = None
    else:
        book = find()
""",
        """\
    if first and len(first) != 1:
        raise ValueError(first)
    elif first:
        return None
    book = find()
""",
        """\
    if first:
        shelf.find(first)
        shelf.find(first)
        book = None
    else:
        book = find()
""",
    ],
    ids=["the branch that calls more", "a way behind two that end", "what a library calls so counts nothing"],
)
def test_one_path_that_a_costly_function_follows_is_one_that_tells_much(
    monkeypatch: pytest.MonkeyPatch, choice: str
) -> None:
    program = f"""\
import shelf


def find():
    with Session() as session:
        return session.scalars(select(Book)).one()


def titles(first):
    lines = [1, 2, 3]
    for line in lines:
        print(line)
        print(line + 1)
{choice}    return book.author.name
"""
    monkeypatch.setattr("detachlint.interpret.paths.attempts.MAX_WORK", 8)
    assert [f.code for f in analyse_sources({"main.py": SYNC + program}).findings] == ["DET102"]


_READERS = """\
def find():
    with Session() as session:
        return session.scalars(select(Book)).one()


class Reader:
    def show(self):
        return self.read(find())


class Titles(Reader):
    def read(self, book):
        return book.title


class Numbers(Reader):
    def read(self, book):
        return book.id


class Authors(Reader):
    def read(self, book):
        return book.author.name


def show():
    return Titles().show(), Numbers().show(), Authors().show()
"""

_MADE_BY_MODULES = """\
def reader_of(kind):
    def read(book):
        return book.author.name if kind == "author" else book.title

    return read


titles = reader_of("title")
numbers = reader_of("number")
authors = reader_of("author")


def show():
    with Session() as session:
        book = session.scalars(select(Book)).one()
    return authors(book)
"""


_PASSED_ON = """\
def run(session, query):
    return session.scalars(query)


def show():
    with Session() as session:
        run(session, select(Author))
        run(session, select(Author).where(Author.id == 1))
        book = run(session, select(Book)).one()
    return book.author.name
"""


@pytest.mark.parametrize(
    "program",
    [_READERS, _MADE_BY_MODULES, _PASSED_ON],
    ids=["for each class of objects", "not while modules run", "more of what only passes on"],
)
def test_contexts_of_a_function_are_counted(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr("detachlint.interpret.contexts.memo.MAX_CONTEXTS", 1)
    assert [f.code for f in analyse_sources({"main.py": SYNC + program}).findings] == ["DET102"]


_KEPT_BY_THE_MODULE = """\
import threading


class Guest:
    pass


class Member:
    pass


class Critic:
    pass


class Owner:
    pass


current = threading.local()


def find():
    with Session() as session:
        return session.scalars(select(Book)).one()


def as_guest():
    current.role = Guest()
    return find().title


def as_member():
    current.role = Member()
    return find().title


def as_critic():
    current.role = Critic()
    return find().title


def as_owner():
    current.role = Owner()
    return find().author.name
"""


def test_what_a_function_never_looks_at_makes_no_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detachlint.interpret.contexts.memo.MAX_CONTEXTS", 2)
    report = analyse_sources({"main.py": SYNC + _KEPT_BY_THE_MODULE})
    assert [f.code for f in report.findings] == ["DET102"]


@pytest.mark.parametrize("calls", ['note("short")', 'first("full"); second("short")'])
def test_way_that_a_bound_left_out_is_followed_by_nobody_and_ends_nobody(
    monkeypatch: pytest.MonkeyPatch, calls: str
) -> None:
    program = """\
def main():
    fill()
    with Session() as session:
        book = session.scalars(select(Book)).one()
    {calls}
    return book.author.name


def first(kind):
    note(kind)


def second(kind):
    note(kind)


def note(kind):
    for line in [1, 2, 3]:
        print(line)
        print(line + 1)
    if kind == "full":
        print(kind)
"""
    monkeypatch.setattr("detachlint.interpret.contexts.memo.PLAIN_CONTEXTS", -1)
    monkeypatch.setattr("detachlint.interpret.paths.attempts.MAX_WORK", 8)
    monkeypatch.setattr("detachlint.interpret.contexts.memo.MAX_WORK", 8)
    sources = {"main.py": SYNC + program.replace("{calls}", calls)}
    assert [f.code for f in analyse_sources(sources).findings] == ["DET102"]


def test_list_that_is_added_to_itself_does_not_grow_for_ever() -> None:
    program = """\
def main():
    lines = [1, 2]
    for _ in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]:
        lines = lines + lines
    for line in lines:
        print(line)
"""
    report = analyse_sources({"main.py": program})
    assert "activations over the bound of work" not in report.statistics


_WALKS = """\
def walk(node, path):
    for key, part in node.items():
        if isinstance(part, dict):
            yield from walk(part, path + key)
        elif isinstance(part, list):
            yield from walk_list(part, path)
        elif key == "more":
            yield from walk(part.rest(), path)
        else:
            yield key


def walk_list(parts, path):
    for part in parts:
        if isinstance(part, dict):
            yield from walk(part, path)
        elif isinstance(part, list):
            yield from walk_list(part, path)
        else:
            yield from walk_list(part.more(), path)


def main(data):
    with Session() as session:
        book = session.scalars(select(Book)).one()
    for name in walk(data, ""):
        print(name)
    return book.author.name
"""


def test_generators_that_go_over_each_other_end() -> None:
    text = SYNC + _WALKS
    report = analyse_sources({"main.py": text})
    line = text[: text.index("return book.author.name")].count("\n") + 1
    assert [(f.code, f.line) for f in report.findings] == [("DET102", line)]
    assert "recursive calls" in report.statistics
