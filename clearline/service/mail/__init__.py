"""Letters by e-mail: an outbox in the tables, and the one way out for what stands in it."""
