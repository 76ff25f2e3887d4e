"""Tables of the server itself, outside every workspace."""
