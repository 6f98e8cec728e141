"""Routing: who handles a case, at which level, in which class, and every milestone that departments report.

Takes in complaints, deadlines (breach: escalate), notices (dissatisfied: reopen) and department reports.
Gives out `huiyin.assignments.v1`: classified, assigned, reassigned, escalated, milestone-reached, reopened.
"""
