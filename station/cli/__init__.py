"""The command line. `main.py` holds the table of commands; each other file is one command.

A command file has `EXAMPLE` (a line that works), `configure(parser)` and `run(options) -> exit code`: it calls one
library function and prints. To add a command: its file, its line in `COMMANDS`, its Chinese words.
"""
