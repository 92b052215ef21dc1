"""Bytes on the air: encode and decode, specified in docs/wire-format.md with public test vectors.

The wire knows no disk and no camera.
"""
