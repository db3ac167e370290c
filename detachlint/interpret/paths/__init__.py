"""Paths: how they fork, how they end, what they have learnt, and how long a variable matters to them."""
