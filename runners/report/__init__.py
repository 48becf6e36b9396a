"""Reports: Markdown for one attempt, HTML for a sweep, both folds of the scratchpad."""
