"""What proves who one is beside a password: passkeys, apps that show codes, recovery codes."""
