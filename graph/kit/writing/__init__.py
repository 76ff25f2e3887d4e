"""Mutations: one transaction each, with errors as data."""
