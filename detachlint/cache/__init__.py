"""What is kept from one run for the next: IR by content, reports by everything that they depend on."""

from __future__ import annotations

from detachlint.cache.store import Store, open_store

__all__ = ["Store", "open_store"]
