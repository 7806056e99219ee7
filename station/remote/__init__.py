"""Settings from afar, in two steps: a set of changes is checked, tried, and kept only if contact comes over the new path.

settings.py  `[remote]`: who may change what, and what nobody may
changes.py   a set of changes as data: paths, what they change, the configuration's hash; pure
book.py      the file of what is kept and what is being tried, and which of it is in force; pure but for the file
effective.py station.toml with what is in force over it
trial.py     the life of a set: offered, refused, tried, kept, returned; acquisition does it

station.toml stays as it was written: changes lie over it in `acquire/settings.json` of the state folder, which acquisition alone
writes. A set is on the card with its deadline before anything follows it. The deadline is a time of the monotonic clock of one
boot: a wrong clock does not matter, and after a restart of the machine the old settings are back. Every program looks at it by
itself when it begins and each second, so the old ones return even if acquisition hangs or cannot begin with the new ones.
A setting that is changed in station.toml later counts more than what was kept here before.

Who might misuse this, and what stands against it:
- whoever can write to the command topic, by a broker that was taken over or badly guarded: a platform's set must be signed
  (`gateway/signed.py`) with a key that the broker does not have; without `[remote] platforms` and `key_file` none is taken at all
- whoever repeats a command that he overheard: each carries a number that must grow, and the station's id is signed with it;
  nothing is stored for what is not signed or not new, so that nobody can fill the card
- whoever has the key, as a platform that was taken over: only what `may` names can change, an address only to one of `hosts`,
  and never who the station is, how it proves that, what protects the line, what counts as delivered, or this section itself
- whoever may write this file or ask on the station itself: the same bounds hold, for they are read from root's station.toml
- a mistake: the old settings return, by themselves
"""
