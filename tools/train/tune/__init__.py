"""Teaching the shipped detector a new valley: labelled pictures in, tuned weights out."""
