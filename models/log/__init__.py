"""The change log: what it stores, and how commits write it."""
