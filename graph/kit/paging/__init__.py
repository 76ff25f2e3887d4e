"""Keyset pagination: orders, cursors, page arguments."""
