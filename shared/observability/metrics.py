"""Every metric that Huiyin emits, with its meaning. Labels come from closed sets: never a case, a person or a key."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]

_WAIT = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)

# --- intake
REGISTERED = Counter("huiyin_complaints_registered_total", "Complaints given a number", ("procedure", "channel"))
DUPLICATES = Counter("huiyin_complaints_duplicate_total", "Complaints linked to an earlier case", ("procedure",))
INTAKE_REFUSED = Counter("huiyin_intake_rejected_total", "Inputs that broke a rule of form", ("procedure", "field"))
ADMISSIONS = Counter("huiyin_admissions_total", "Admission decisions", ("procedure", "decision"))
CASES_ERASED = Counter("huiyin_cases_erased_total", "Cases kept long enough and erased from the vault", ("procedure",))
REPORTS_OPEN = Gauge("huiyin_reports_open", "Recurring reports that are opened and not made", ("procedure",))
REPORTS_OVERDUE = Gauge("huiyin_reports_overdue", "Recurring reports that were due and are not made", ("procedure",))

# --- routing
ASSIGNED = Counter("huiyin_assignments_total", "First assignments to a department", ("procedure", "department"))
ESCALATED = Counter("huiyin_escalations_total", "Rises of a case to a level", ("procedure", "level"))
MILESTONES = Counter("huiyin_milestones_total", "Milestones reported and accepted", ("procedure", "milestone"))
AWARDS = Counter("huiyin_awards_total", "Awards suggested, approved, refused", ("procedure", "award", "state"))
REPORTS_REJECTED = Counter(
    "huiyin_reports_rejected_total",
    "Reports on Kafka that were not taken: not proven to be their office's, or not allowed by the procedure",
    ("procedure", "reason"),
)

# --- sla
CLOCKS_OPEN = Gauge("huiyin_clocks_open", "Clocks that are running or paused")
CLOCKS_STARTED = Counter("huiyin_clocks_started_total", "Clocks started", ("procedure", "clock"))
STEPS_FIRED = Counter("huiyin_clock_steps_total", "Steps of clocks that came", ("procedure", "clock", "kind"))
STEP_LATENESS = Histogram("huiyin_clock_step_lateness_seconds", "Real seconds from due to fired", buckets=_WAIT)
TIMERS_RESTORED = Counter("huiyin_timers_restored_total", "Timers that were missing and were set again")
OLDEST_DUE_SECONDS = Gauge("huiyin_timer_oldest_due_seconds", "Real seconds that the oldest unfired timer is overdue")
CLOCK_JUMPS = Counter("huiyin_clock_jumps_total", "Times that the system's clock jumped by more than five minutes")

# --- notify
NOTICES_SENT = Counter("huiyin_notices_sent_total", "Notices handed over", ("procedure", "sink"))
NOTICES_JOINED = Counter("huiyin_notices_joined_total", "Notices handed over within another one", ("procedure",))
NOTICES_FAILED = Counter("huiyin_notices_failed_total", "Notices given up", ("procedure", "sink", "reason"))
NOTICES_WAITING = Gauge("huiyin_notices_waiting", "Notices not yet sent")
FOLLOW_UPS_OPEN = Gauge("huiyin_follow_ups_open", "Follow-ups to be made")
FOLLOW_UPS_OVERDUE = Gauge("huiyin_follow_ups_overdue", "Follow-ups to be made whose due instant has passed")

# --- messaging, in every service
PUBLISHED = Counter("huiyin_outbox_published_total", "Events that the broker acknowledged", ("service",))
OUTBOX_DEPTH = Gauge("huiyin_outbox_depth", "Events emitted, not yet published (up to 100,000 counted)", ("service",))
OUTBOX_OLDEST_SECONDS = Gauge("huiyin_outbox_oldest_seconds", "Age of the oldest unpublished event", ("service",))
CONSUMED = Counter("huiyin_events_consumed_total", "Events that took effect", ("service", "type"))
REDELIVERED = Counter("huiyin_events_redelivered_total", "Events that came again and were left out", ("service",))
SKIPPED = Counter("huiyin_events_skipped_total", "Records passed over", ("service", "reason"))
DEAD_LETTERS = Counter("huiyin_dead_letters_total", "Records that could not be processed", ("service", "reason"))
LAG = Gauge("huiyin_consumer_lag_records", "Records behind the end of the topics", ("service",))
BATCH_BUSY_SECONDS = Gauge("huiyin_batch_busy_seconds", "How long the batch in hand has been worked on", ("service",))

# --- rules, in every service
RULES_READ = Counter("huiyin_rules_read_total", "Changed calendars or procedures, by outcome", ("service", "outcome"))
RULES_REFUSED = Gauge("huiyin_rules_refused", "1 while the folders hold rules that do not hold together", ("service",))

# --- HTTP, in every service
REQUESTS = Counter("huiyin_http_requests_total", "Requests answered", ("service", "route", "status"))
REQUEST_SECONDS = Histogram("huiyin_http_request_seconds", "Time to answer", ("service", "route"), buckets=_WAIT)
