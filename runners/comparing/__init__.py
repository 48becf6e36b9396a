"""A comparison of sweeps: read, refuse or warn, test, and show as table, JSON, Markdown and HTML."""
