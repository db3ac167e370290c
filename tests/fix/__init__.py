"""Fixes: projects in, edited projects out, and executed."""
