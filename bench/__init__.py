"""How fast, as ratios in one run. Writes nothing; judges nothing but itself."""
