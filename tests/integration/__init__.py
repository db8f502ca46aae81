"""Tests through the front door: a real Home Assistant core and the simulated cloud over HTTP."""
