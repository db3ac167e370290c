"""What stands in the source where a statement was made."""

from __future__ import annotations

from detachlint.domain.source import Site
from detachlint.frameworks.syntax import call_at
from detachlint.interpret.machine import Machine
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo


def names_entity(machine: Machine, site: Site, entity: str) -> bool:
    """Whether the call names the class itself: ``select(Booking)``, and not ``select(self.model)``."""
    module = machine.program.by_path.get(site.path)
    call = call_at(machine, site)
    if module is None or call is None:
        return False
    for arg in call.args:
        if isinstance(arg.value, (ir.Name, ir.Attribute)):
            symbol = machine.program.resolve(module, arg.value)
            if isinstance(symbol, ClassInfo) and symbol.qualname == entity:
                return True
    return False
