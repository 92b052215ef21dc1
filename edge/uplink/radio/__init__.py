"""The radio's side of the uplink: time on air, regions, and what their regulations leave."""
