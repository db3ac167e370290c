"""Stage 4: the abstract interpreter. It runs the program on abstract objects and records facts."""
