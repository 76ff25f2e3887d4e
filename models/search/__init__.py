"""Full-text search of tasks and comments."""
