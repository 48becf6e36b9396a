"""The built-in tasks: one folder each, made from data that ship inside installed packages."""
