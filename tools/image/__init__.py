"""Cards for stations: images, stock systems, updates."""
