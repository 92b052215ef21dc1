"""The pictures in docs/images of what a technician sees: made from what the programs really say."""
