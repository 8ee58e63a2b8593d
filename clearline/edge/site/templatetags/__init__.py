"""Filters that the site's templates use."""
