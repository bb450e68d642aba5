"""What the tests share."""

from sums import pytest_unconfigure  # noqa: F401
