"""Devices that speak text: Gill WindSonic, BSWA 308, a meter that prints lines, a modem by its AT port and by ModemManager."""

import json
from functools import reduce
from operator import xor

from hw_sim.instruments.base import Talker, Tool


class Periodic(Talker):
    """A device that says a line each `period` s (settings; 1)."""

    _next = 0.0

    def due(self, now: float) -> bytes:
        """A line if one is due."""
        if now < self._next:
            return b""
        self._next = now + float(self.settings.get("period", 1.0))
        return self.line(now)

    def hear(self, data: bytes, now: float) -> bytes:
        """It does not listen."""
        return b""

    def line(self, now: float) -> bytes:
        """What it says."""
        raise NotImplementedError


class WindSonic(Periodic):
    """STX, Q, direction (empty under 0.05 m/s), speed, M, status, ETX, XOR between the two, CR LF; or NMEA (settings nmea)."""

    def line(self, now: float) -> bytes:
        """One line."""
        speed = self.world.value("wind_speed", now)
        direction = f"{round(self.world.value('wind_direction', now)) % 360:03d}" if speed >= 0.05 else ""
        if self.settings.get("nmea"):
            body = f"IIMWV,{direction},R,{speed:.2f},M,A".encode()
            return b"$" + body + f"*{reduce(xor, body):02X}\r\n".encode()
        body = f"Q,{direction},{speed:06.2f},M,00,".encode()
        return b"\x02" + body + b"\x03" + f"{reduce(xor, body):02X}\r\n".encode()


class AsciiLine(Periodic):
    """Prints Leq, L10 and L90 once a second: "Leq= 54.3dB L10= 57.1 L90= 50.2"."""

    def line(self, now: float) -> bytes:
        """One line."""
        level = self.world.value("noise", now)
        return f"Leq={level:6.1f} dB  {level + 3:6.1f} {level - 4:6.1f}\r\n".encode()


class Bswa308(Talker):
    """Answers LEQ once STA1 has started it; a block is STX 01 'A' text ETX, XOR of all that, CR LF."""

    _running = False

    def due(self, now: float) -> bytes:
        """It speaks only when asked."""
        return b""

    def hear(self, data: bytes, now: float) -> bytes:
        """One block of the host."""
        if len(data) < 7 or data[:3] != b"\x02\x01C" or data[-2:] != b"\r\n" or reduce(xor, data[:-3]) != data[-3]:
            return b""
        text = data[3:-4].decode("ascii", "replace")
        if text in ("STA1", "STA0"):
            self._running = text == "STA1"
            return self._block(text)
        if text == "LEQ" and self._running:
            return self._block(f"{self.world.value('noise', now):.1f},OK")
        return self._block("ERR")

    @staticmethod
    def _block(text: str) -> bytes:
        body = b"\x02\x01A" + text.encode() + b"\x03"
        return body + bytes((reduce(xor, body),)) + b"\r\n"


class Modem(Talker):
    """An AT port with echo on: +CSQ, +CESQ, +CGSN; settings `unknown` true: no network."""

    def due(self, now: float) -> bytes:
        """It speaks only when asked."""
        return b""

    def hear(self, data: bytes, now: float) -> bytes:
        """One command."""
        word = data.strip().upper()
        dbm = self.world.value("signal", now)
        unknown = self.settings.get("unknown", False)
        if word == b"AT+CSQ":
            code = 99 if unknown else min(31, max(0, round((dbm + 113) / 2)))
            return data + f"\r\n+CSQ: {code},99\r\n\r\nOK\r\n".encode()
        if word == b"AT+CESQ":
            code = 255 if unknown else min(97, max(0, round(dbm - 25 + 141)))
            return data + f"\r\n+CESQ: 99,99,255,255,20,{code}\r\n\r\nOK\r\n".encode()
        if word == b"AT+CGSN":
            return data + b"\r\n867698041234567\r\n\r\nOK\r\n"
        return data + b"\r\nERROR\r\n"


class Mmcli(Tool):
    """ModemManager's program, as far as it is asked for a signal; settings `unknown` true: no network, `gone` true: no modem.

    It looks only after `--signal-setup`; until then every number is "--".
    """

    _rate = 0

    def run(self, words: list[str], now: float) -> tuple[str, str]:
        """`-m any` and one thing to do."""
        if words[:1] != ["-m"] or len(words) < 3:
            return "", "error: no actions specified"
        if self.settings.get("gone"):
            return "", "error: couldn't find modem"
        if words[2].startswith("--signal-setup="):
            self._rate = int(words[2].partition("=")[2])
            return "Successfully setup signal quality information polling\n", ""
        if "--output-json" not in words:
            return "  --------------------------\n  Signal | refresh rate: 10 seconds\n", ""
        shown = self._signal(now) if "--signal-get" in words else {"generic": self._generic()}
        return json.dumps({"modem": shown}, separators=(",", ":")) + "\n", ""

    def _signal(self, now: float) -> dict[str, dict[str, dict[str, str]]]:
        dbm = self.world.value("signal", now)
        known = self._rate and not self.settings.get("unknown")
        lte = {"rssi": f"{dbm:.2f}", "rsrp": f"{dbm - 28:.2f}", "rsrq": "-11.00", "snr": "9.40"} if known else {}
        names = ("error-rate", "rssi", "rsrp", "rsrq", "snr")
        tables = {technology: dict.fromkeys(names, "--") for technology in ("5g", "cdma1x", "evdo", "gsm", "lte", "umts")}
        return {"signal": {**tables, "lte": tables["lte"] | lte, "refresh": {"rate": str(self._rate)}}}

    def _generic(self) -> dict[str, str]:
        return {"equipment-identifier": "867698041234567", "model": "EC25", "state": "connected"}
