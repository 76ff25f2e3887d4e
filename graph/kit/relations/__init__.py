"""Declared relations: the fields, their batches, connections and groups."""
