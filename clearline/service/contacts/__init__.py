"""How we reach people: addresses proved by a code, told of changes, and used to get back in."""
