"""The demonstration: complaints that come in, departments that answer them (some late), and a count of what came of it.

Everything here stands outside of the services: it speaks to them over HTTP and Kafka, as any other program could.
Only `oracle` looks into their databases, because it checks them.
"""
