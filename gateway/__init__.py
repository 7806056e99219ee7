"""Delivery: from the record log to the receipt of every platform. At least once, with a key that makes it exactly once.

record.py     what is stored and sent; payload.py, payload.schema.json: how it looks on the wire
log/          the record log (SQLite): one writer, many readers
ranges.py     sets of sequence numbers as ranges
ledger.py     what one destination is owed, kept over restarts
courier.py    decides what goes next: alarms, live, then the backlog; pace.py: how fast that may go
selection.py  what of each record a destination gets; budget.py: bytes of the month
feed.py       from the log to what is owed
link/         how records travel: MQTT, HJ 212
digest.py     what a platform should have of an hour; reconcile.py: whether it has
gaps.py       the gap ledger: what is missing, and why
delivery.py   one destination's thread: joins the above; commands.py: what a platform asks of acquisition
signed.py     commands that are signed
told.py       what others say that the time is
requests.py   request files, by which commands reach acquisition
platform-contract.md  what a platform must do

To add a link: its settings in `link/settings.py`, its file in `link/` with the class that `link/link.py` describes, its line in
`LINKS`. May import of ours only `drivers.quantity` and `drivers.sample`.
"""
