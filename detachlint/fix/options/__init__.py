"""Loader options in the text: where they stand, where they may be put, and how they are continued."""
