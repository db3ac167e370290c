"""Advanced Alchemy: its repositories, and the services around them."""

from detachlint.frameworks.advanced_alchemy.framework import AdvancedAlchemy

__all__ = ["AdvancedAlchemy"]
