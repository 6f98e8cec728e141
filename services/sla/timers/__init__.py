"""Timers as rows: the loop that fires them, the near horizon in memory, the sweeper that finds what is missing."""
