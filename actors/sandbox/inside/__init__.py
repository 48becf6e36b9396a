"""The part of the sandbox that runs beside and inside it: standard library only, imported by path."""
