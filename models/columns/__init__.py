"""Column types, and the rules of their values."""
