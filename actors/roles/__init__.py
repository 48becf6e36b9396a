"""The specialists of an agent: one role a file, each with its team, prompt, parser and typed result."""
