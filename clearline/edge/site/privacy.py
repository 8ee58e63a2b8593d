"""The policy in force, every edition, what changed between two, and the cookies."""
