"""The record log: partitions of SQLite, one writer, many readers.

files.py     where they lie, their names, and changes of names that survive a power cut
schema.py    tables, views and migrations; what a file is made of
writer.py    the partition that is being written: where it begins and ends, what becomes of it when it is damaged
store.py     the writing end: append, give records their time, give up what there is no room for
room.py      free space, and what goes first
salvage.py   rows out of damaged files
raw.py       raw samples, a file a day
reader.py    the reading ends
copy.py      a copy while others write
faults.py    what a card refuses, in words

For people: `sqlite3 records.db 'SELECT * FROM readings'` shows the newest partition, `station log export` all of them; views and
examples stand in `reading.md`.
"""
