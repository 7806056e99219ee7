"""What people do to a station: put it up, replace a part of it, move it, visit it.

setup.py       from answers and a profile to a running station; profile.py knows the profiles, acceptance.py makes the report
scan.py        what is connected; asking.py takes one reading now
replace.py     another instrument in an old one's place; storing.py puts the event into the log of a station that stands still
keep.py        backup and restore, and on which machine this identity runs
visit.py       what to bring, and by when
"""
