from sums import pytest_unconfigure  # noqa: F401
