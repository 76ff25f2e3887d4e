"""Benchmarks: what takes how long, never part of the tests."""
