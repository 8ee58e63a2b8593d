"""What is held of a person, and who used it when and why, for the person themselves."""
