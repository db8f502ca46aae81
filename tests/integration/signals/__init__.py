"""The signals of a car as entities, and what becomes of every other body."""
