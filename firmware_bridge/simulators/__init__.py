"""Devices as programs: each opens a pty and speaks the device's documented protocol."""
