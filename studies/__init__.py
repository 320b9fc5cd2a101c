"""Studies of real, public populations with Cobalens: each a folder that writes one reproducible report."""
