"""Labelled pictures made ready to learn from. Needs no PyTorch."""
