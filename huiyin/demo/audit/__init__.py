"""What came of a run of the demonstration, counted from evidence: lost, duplicated, late."""
