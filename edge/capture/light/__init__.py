"""By what light pictures are taken: day or night, lamp and filter, exposure of what moved."""
