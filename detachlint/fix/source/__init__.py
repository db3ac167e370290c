"""The program as text: its files and their trees, names and imports, calls, and how they are changed."""
