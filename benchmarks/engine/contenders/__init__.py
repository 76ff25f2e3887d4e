"""The servers that are compared. `registry` says how each is installed and started."""
