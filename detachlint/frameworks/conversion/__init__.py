"""Objects that libraries make of other objects, field by field: msgspec, adaptix."""

from detachlint.frameworks.conversion.framework import Conversion

__all__ = ["Conversion"]
