"""Sessions: how they are made, what their methods do, and what that does to their objects."""
