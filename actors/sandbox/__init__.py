"""Runs generated scripts: isolation levels, limits, warm start."""
