"""Intake 受理: where a complaint gets its number, and the only place that knows who complained.

Owns the complaint as registered (case number, coded fields, what is missing), its admission, the link to an earlier
case of the same matter, the timeline of every case, and the identity vault: names, numbers, addresses, evidence and
texts, sealed under one key per case; and the recurring reports, which are counted from these timelines.
Takes in complaints over HTTP, one by one or as a batch, and what the other services emit (`assignments`, `deadlines`,
`notices`) for the timeline. Gives out `huiyin.complaints.v1`: registered, supplement-requested, supplemented, admitted,
refused, transferred-out, merged, withdrawn, listed, and what becomes of reports; never an identity.
"""
