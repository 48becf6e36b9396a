"""Recipes: real functions that scripts are made of; see registry.py for the conventions."""
