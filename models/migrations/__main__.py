"""Generates the next migration: `python -m models.migrations "add reactions"`."""

import os
import sys

from models.migrations.generate import generate
from models.migrations.operations import MigrationError

try:
    file = generate(" ".join(sys.argv[1:]))
except MigrationError as error:
    sys.exit(f"error: {error}")
sys.stdout.write(f"{os.path.relpath(file)} was written. Review it, then run make check.\n")
