"""Whether the program runs as it should, in plain words."""
