"""The framework that the concepts are built with. It names no concept itself."""
