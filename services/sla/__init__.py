"""Deadlines: clocks computed from the milestones of a case, timers as rows, warnings and breaches as events.

Takes in complaints, assignments and notices. Gives out `huiyin.deadlines.v1`: clock-started, paused, resumed,
extended, rescheduled, warned, breached, breach-retracted, met, stopped-late, cancelled.
"""
