"""Buses: the only places where bytes enter and leave, one door to each library.

uart.py    pyserial: serial lines to devices that speak by themselves, and the line under Modbus RTU
i2c.py     smbus2, and the simulator's socket: one `transfer`
modbus.py  pymodbus encodes the questions; the exchange, with all its checks, is ours; modbus_tcp.py: the same on TCP
gpio.py    RPi.GPIO (on every Pi through rpi-lgpio): one digital input
program.py a program that holds the device: ModemManager's mmcli
trace.py   the newest bytes in either direction, for `station read --raw` and for faults

A bus is opened when it is first used and again, by the same configured name, after it was lost. It belongs to one thread.
`port(address, deadline)` gives what a driver may hold for one reading. May import of ours only `drivers.errors`.
"""
