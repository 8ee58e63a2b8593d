"""The customer's own pages: opening an account, signing in, and what is held of them."""
