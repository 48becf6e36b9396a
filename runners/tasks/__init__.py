"""Tasks: where they come from, what attempts may see of them, and how predictions are scored."""
