"""The demo: a simulated cloud and a real Home Assistant, set up as a person does it."""
