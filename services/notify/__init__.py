"""Notify: notices and call-backs. It owns notices, every attempt to deliver one, call-back tasks and their outcome.

In: complaints, assignments, deadlines. Out, on `huiyin.notices.v1`: sent, failed, call-back due, called back,
satisfied, dissatisfied. It holds no identity: what a person reads is put together at the moment of sending, with what
intake's vault answers, and is kept nowhere here.
"""
