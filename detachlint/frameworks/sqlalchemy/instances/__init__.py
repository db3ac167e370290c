"""Mapped instances: what is in memory of them, and what reading, writing and inspecting them does."""
