"""One row is one object of its session: what the identity map answers, and which objects may be one."""
