"""Ids and secrets, drawn from a random number generator so that a seed makes the same ones."""

import random
import uuid


def random_uuid(rng: random.Random) -> str:
    """Return the next UUID of a generator."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def random_hex(rng: random.Random, bits: int) -> str:
    """Return the next number of so many bits, as hexadecimal digits with leading zeros."""
    return f"{rng.getrandbits(bits):0{bits // 4}x}"
