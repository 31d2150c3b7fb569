"""Which tier of tests runs: the short forms of `make test`, or the long sweeps of `make torture`."""

import os

import pytest

IS_LONG = bool(os.environ.get("GANGSHAO_TORTURE"))
long = pytest.mark.skipif(not IS_LONG, reason="long: `make torture` runs it")
"""Marks what costs more than it adds to what `make test` has run already."""
