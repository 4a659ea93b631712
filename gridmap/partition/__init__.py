"""Units, contiguity, search, outlines and reasons: from checked layers to a plan."""
