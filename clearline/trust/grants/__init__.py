"""What one administrator gives to someone of the staff waits until another confirms it."""
