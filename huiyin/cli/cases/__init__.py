"""`huiyin case`: cases as people read them, and a department's report."""
