"""Basecamp, the receiving end: takes what stations send, keeps it, acknowledges it, shows it.

An item is acknowledged only when it is on disk for good; until then its station keeps it.
"""
