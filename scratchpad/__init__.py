"""The Arrow scratchpad: an append-only, typed, durable log of everything that any agent did."""
