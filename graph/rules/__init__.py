"""Domain rules that several concepts share."""
