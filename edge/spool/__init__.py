"""The durable spine of a station. Every stage takes committed work here and commits its result.

The spool stores bytes: it knows no pixels and no radio.
"""
