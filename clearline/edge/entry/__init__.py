"""Proving who one is, for customers and staff alike: second factors, proof again, sessions."""
