"""Tests of the simulator against the API reference."""
