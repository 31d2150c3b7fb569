"""One random stream a purpose, so that drawing more of one thing never changes another."""

import zlib

import numpy as np


def random_stream(seed: int, purpose: str) -> np.random.Generator:
    """The generator of one purpose of one city: same seed and purpose, same numbers."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])
