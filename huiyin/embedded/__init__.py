"""The whole of Huiyin on one machine: a real Apache Kafka, a real PostgreSQL and the four services, as child processes.

`home` is the folder that holds everything, `up` starts and stops, `provision` makes databases, roles and topics (also
for servers that already exist). Nothing here needs root, Docker or an installed Java.
"""
