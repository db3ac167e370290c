"""What the standard library's functions and containers do to abstract values."""
