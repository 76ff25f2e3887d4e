"""The `taskloom` command."""

from graph.cli.main import main

__all__ = ["main"]
