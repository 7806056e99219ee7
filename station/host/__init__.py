"""The computer below the station: systemd, its health, its pins, and what only root may do.

health.py      readiness, the watchdog, log lines with a priority; restarts.py: who fails soon waits longer
pihealth.py    what /proc and /sys say; selfwatch.py makes readings of it
privileged.py  setting the clock and rebooting, by request file
panel.py       LED, button and the modem's supply; pole.py: what acquisition shows and hears there
"""
