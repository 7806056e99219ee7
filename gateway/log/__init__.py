"""The record log: `schema.py` its tables, views and migrations, `store.py` the writing end, `reader.py` the reading ends."""
