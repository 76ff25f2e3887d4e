"""Filter inputs, and the SQL conditions they become."""
