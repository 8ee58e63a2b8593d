"""The desk at which staff find a customer by what they say, and open what the contact needs."""
