"""`python -m hw_sim instruments SCENARIO --dir DIR` and `python -m hw_sim platform …`."""

import sys

from hw_sim import process


def main() -> int:
    """One of the two processes."""
    if sys.argv[1:2] == ["platform"] and any(word.startswith("--hj212") for word in sys.argv):
        from hw_sim.platform.hj212 import main as host

        return host(sys.argv[2:])
    if sys.argv[1:2] == ["platform"]:
        from hw_sim.platform.main import main as platform

        return platform(sys.argv[2:])
    return process.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
