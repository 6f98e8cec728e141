"""The sla service's HTTP routes by resource. No decisions here."""
