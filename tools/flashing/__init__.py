"""A card for a station: written, verified, stamped with an identity, labelled, registered."""
