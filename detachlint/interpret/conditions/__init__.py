"""Conditions: which way a test goes, and what the branch knows then."""
