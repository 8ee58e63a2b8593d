"""What entries of the ledger say, in words for those who are told of them."""
