"""Tests of `irbis image` and `irbis update`."""
