"""What happens to an operation before and after Strawberry executes it."""
