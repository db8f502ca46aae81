"""Measurements: `python -m bench budget`."""
