"""`huiyin import`: complaints from a file into the running intake, every row accounted for."""
