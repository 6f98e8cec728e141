"""What `deploy/check.py` looks at. A check returns its findings, one line each: none is good."""
