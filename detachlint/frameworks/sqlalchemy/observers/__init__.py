"""What single rules and the report watch for: they note, and change nothing."""
