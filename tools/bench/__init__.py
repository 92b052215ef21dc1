"""`irbis bench`: what this machine can do, measured as ratios so that machines compare."""
