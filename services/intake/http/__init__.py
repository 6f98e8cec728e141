"""Intake's HTTP routes by resource, and how requests are read and answers shown. No decisions here."""
