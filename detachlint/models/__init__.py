"""The relationship graph of a program: what its mapped classes are and how they hang together."""
