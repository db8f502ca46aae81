"""Tests of the modules that know nothing of Home Assistant."""
