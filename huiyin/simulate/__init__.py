"""The four services' decisions joined in memory, and the examples that prove a procedure on them.

No broker, no database, no clock but the story's own: events go from one pure core to the next, and time jumps from one
step of a clock to the next.
"""
