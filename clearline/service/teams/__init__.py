"""Who may act in an account, and as what."""
