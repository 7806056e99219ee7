"""The district's platform as a stand-in: the executable form of the platform contract.

broker.py    an embedded MQTT 5 broker, as a process of its own, loopback only
consumer.py  checks each record against the JSON Schema, stores it once by its key, sends receipts for what it has stored
hj212.py     an HJ 212 host: `python -m hw_sim platform --hj212 :9212`; hj212_wire.py: its own strict codec; sm4.py: SM4
main.py      the process: `python -m hw_sim platform --dir DIR --schema PATH`
process.py   the same, started and asked from other code
"""
