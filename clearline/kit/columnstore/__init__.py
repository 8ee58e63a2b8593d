"""The column store: our own process around ClickHouse's engine, the client, and table versions."""
