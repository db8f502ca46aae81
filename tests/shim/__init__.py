"""Pytest plugins for Home Assistant versions that the pinned test package does not know."""
