"""Notify's HTTP routes. No decisions here."""
