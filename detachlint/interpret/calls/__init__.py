"""Calls, by the kind of what is called."""
