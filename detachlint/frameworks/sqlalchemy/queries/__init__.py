"""Queries: statements and options as values, what they load, and what comes out of them."""
