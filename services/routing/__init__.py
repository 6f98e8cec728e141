"""Routing: who handles a case, at which level, in which class, and every milestone that departments report.

Owns the cases with their occurrences and the counts of duplicates in rolling windows.
Consumes `huiyin.complaints.v1`, `huiyin.deadlines.v1` (breach: escalate), `huiyin.notices.v1` (dissatisfied: reopen)
and `huiyin.department-reports.v1`.
Publishes `huiyin.assignments.v1`: classified, assigned, reassigned, escalated, milestone-reached, reopened, repeated,
report-rejected.
"""
