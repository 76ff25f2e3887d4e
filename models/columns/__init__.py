"""Column types and the rules for their values."""
