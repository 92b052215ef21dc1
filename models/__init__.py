"""The shipped networks, their registry and their labels."""
