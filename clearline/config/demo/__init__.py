"""The demo: a fictional provider with a past, made through the same doors as a real one."""
