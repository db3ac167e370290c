"""What later code reads, loaded by the query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import libcst as cst

from detachlint.domain.edits import AddLoaderOptions, ReplaceLoader
from detachlint.fix.options.existing_options import fit
from detachlint.fix.options.joins import take_from_joins
from detachlint.fix.options.load_tree import load_tree
from detachlint.fix.options.option_places import find_place
from detachlint.fix.options.place import Place
from detachlint.fix.source import layout
from detachlint.fix.source.change import Change
from detachlint.fix.source.document import CannotFixError
from detachlint.fix.source.names import NeededImport, Spelling, entity, library
from detachlint.fix.source.project import Project

_ORM = "sqlalchemy.orm"


def changes(
    actions: Mapping[int, AddLoaderOptions], project: Project
) -> Iterator[tuple[frozenset[int], Change | str]]:
    """For each place all that is to be loaded there as one change; or why it can't be made."""
    places: dict[tuple[str, int, int], tuple[Place, list[int]]] = {}
    for number, action in actions.items():
        try:
            place = find_place(project, action)
        except CannotFixError as error:
            yield frozenset({number}), str(error)
            continue
        places.setdefault(place.key, (place, []))[1].append(number)
    for place, numbers in places.values():
        yield from _together(place, {n: actions[n] for n in numbers}, project)


def _together(
    place: Place, actions: Mapping[int, AddLoaderOptions], project: Project
) -> Iterator[tuple[frozenset[int], Change | str]]:
    """One change for all of them; where that can't be made, for those that can be made alone."""
    try:
        yield frozenset(actions), _change(place, list(actions.values()), project)
        return
    except CannotFixError as error:
        refused = {min(actions): str(error)} if len(actions) == 1 else {}
    for number, action in actions.items() if len(actions) > 1 else ():
        try:
            _change(place, [action], project)
        except CannotFixError as error:
            refused[number] = str(error)
    for number, reason in refused.items():
        yield frozenset({number}), reason
    rest = {n: action for n, action in actions.items() if n not in refused}
    if not refused:
        yield frozenset(actions), "what is to be loaded there does not go together"
    elif rest:
        yield from _together(place, rest, project)


def replace_loader(action: ReplaceLoader, project: Project) -> Change:
    """The function, or the method, by another of the same kind."""
    document = project.at(action.option)
    call = document.node(action.option.node)
    match call:
        case cst.Call(func=cst.Attribute(attr=name, value=cst.Call())):
            return Change((document.replace(document.start(name), document.end(name), action.loader),))
        case cst.Call(func=cst.Name() | cst.Attribute() as function):
            spelling = library(document, _ORM, action.loader)
            edit = document.replace(document.start(function), document.end(function), spelling.text)
            return Change((edit,), spelling.imports)
        case _:
            raise CannotFixError("the option is written in a way that can't be edited")


def _change(place: Place, actions: list[AddLoaderOptions], project: Project) -> Change:
    document = place.document
    imports: set[NeededImport] = set()

    def noted(spelling: Spelling) -> str:
        imports.update(spelling.imports)
        return spelling.text

    def spell_library(name: str) -> str:
        return noted(library(document, _ORM, name))

    def spell_entity(qualname: str) -> str:
        return noted(entity(project, document, qualname))

    loads = load_tree(actions, project.graph).values()
    for load in loads:
        load.alias = place.alias
        if place.given and load.loader == "joinedload":
            load.loader = "selectinload"
    take_from_joins(loads, place.joins, place.standing, project.graph)
    edits, fresh = fit(document, place.standing, loads, spell_library, spell_entity)
    if fresh:
        edits += place.add(fresh)
    if place.container is not None:
        edits = list(layout.fit(document, place.container, tuple(edits)))
    if place.opening is not None:
        edits += place.opening.edits
        imports |= place.opening.imports
    return Change(tuple(edits), frozenset(imports))
