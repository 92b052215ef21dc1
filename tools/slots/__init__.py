"""Two slots for a root: which one starts next, and which one has proved itself."""
