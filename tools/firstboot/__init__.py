"""A station's first boot: what lies on the boot partition becomes its configuration."""
