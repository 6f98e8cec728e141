"""`huiyin replay`: past cases through the clocks, on a virtual clock. Nothing is written to any database or topic."""
