"""Cellular: a modem that is on for one session at a time, resumable uploads, and a data budget."""
