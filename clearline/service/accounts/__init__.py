"""Who our customers are: people, the accounts they hold, and how to reach them."""
