"""Making the shipped models again from the weights they came from.

Nothing here runs on a station. The modules that need PyTorch import it themselves, so that the
rest of the project never does; `requirements-export.txt` pins what they need.
"""
