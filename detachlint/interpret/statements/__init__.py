"""What each kind of statement does to the paths that reach it."""
