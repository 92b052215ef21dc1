"""Fitting the group head: which part of a picture shows a leopard, something else, or nothing.

Needs no PyTorch: the species model's embeddings come from the int8 file that stations run.
"""
