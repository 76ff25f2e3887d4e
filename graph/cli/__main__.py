"""`python -m graph.cli`, the same as `taskloom`."""

from graph.cli import main

main()
