"""Notify: notices and follow-ups. It owns notices and every attempt to deliver one, follow-ups and their answers.

In: complaints, assignments, deadlines. Out, on `huiyin.notices.v1`: sent, failed, call-back due, called back,
satisfied, dissatisfied. It holds no identity: what a person reads is put together at the moment of sending, with what
intake's vault answers, and is kept nowhere here.
"""
