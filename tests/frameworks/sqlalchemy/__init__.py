"""What the whole of a program shows about its use of SQLAlchemy."""
