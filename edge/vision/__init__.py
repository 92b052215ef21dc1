"""Pixels to meaning: pure functions over numpy arrays; no disk, no radio, no threads.

Everywhere in this package a picture is ``uint8`` of shape ``(H, W, 3)`` in **RGB** order, upright
as a viewer shows it, and a box is normalised to that upright picture.
"""
