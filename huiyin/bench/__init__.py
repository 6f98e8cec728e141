"""`huiyin bench`: what this machine does, measured in one run, as ratios."""
