"""Calendars and the arithmetic of working time. Pure but for reading calendar files; every service asks one clock."""
