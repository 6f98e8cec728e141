"""The clocks' decisions: pure functions of what happened, the procedure, the calendars and now."""
