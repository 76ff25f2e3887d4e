"""Demo data: a workspace that is the same for the same slug, size and day."""
