"""What people are asked about their choices, in the words that pages, app and proofs share."""
