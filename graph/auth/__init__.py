"""Authentication: credentials of a request, and the viewer they identify."""
