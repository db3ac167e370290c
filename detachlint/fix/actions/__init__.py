"""One kind of action, one module: what it changes in the text, or why it can't."""
