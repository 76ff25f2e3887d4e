"""Limits on what users store. The settings of the process may change them at startup."""

from dataclasses import dataclass


@dataclass
class StorageLimits:
    #: Characters of a text whose column has no length.
    text_length: int = 100_000
    #: Workspaces that a user owns, and that a user belongs to.
    owned_workspaces: int = 100
    joined_workspaces: int = 500


#: The limits of this process.
LIMITS = StorageLimits()
