"""Proposals -> edits of text that prove themselves before anybody sees them."""
