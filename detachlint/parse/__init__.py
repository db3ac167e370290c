"""Stage 2: text -> IR, by way of LibCST."""
