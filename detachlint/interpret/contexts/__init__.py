"""Calls as contexts: what a busy function is told, what a call leaves, and how that gets back to a caller."""
