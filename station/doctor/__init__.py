"""`station doctor`: looks at everything from the supply to the platform's receipt, and says what is wrong and why.

check.py      one line of the report: verdict, evidence, likely cause, next step
findings.py   every fault that it can name, as a table; faults of instruments are in `station/explain.py`
host.py       the machine as files below a root, so that a test plants a fault where the system would show it
machine.py    power, temperature, clock, disk, card
software.py   owners, units, configuration, records, backlog
sensors.py    buses, and each instrument: answering, the right one, plausible, calibrated
network.py    link, address, route, DNS, TCP, TLS, login, publish, receipt
report.py     all of them in order, and what they say together
support.py    one file for whoever helps: report, configuration, states, traces, and no secret

While the services run, instruments are read by acquisition and the platform's word comes from the gateway; nothing is stopped.
"""
