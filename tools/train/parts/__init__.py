"""Fits the parts network: `python -m tools.train.parts --data DIR`."""
