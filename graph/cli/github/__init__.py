"""Importing GitHub archives."""
