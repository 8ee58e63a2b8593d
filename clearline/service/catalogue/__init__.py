"""What the provider sells: services, their prices and the rates of calls, from services.toml."""
