"""`huiyin bench timers`: the sla service's own process over a real broker and database, measured from outside."""
