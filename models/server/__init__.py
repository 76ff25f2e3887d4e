"""The server's own tables, outside all workspaces."""
