"""The command line, the driver, tasks, grading, tracking and reports."""
