"""Certificates that several tests use."""

from datetime import date

from calibration.certificate import text_of

DAY = date(2026, 6, 1)


def certificate_text(method, coefficients, quantity="pm25", model="pms5003", serial="P", **companions):
    """A certificate's text; `companions`: role = "instrument.quantity"."""
    return text_of(
        {
            "model": model,
            "serial": serial,
            "quantity": quantity,
            "date": date(2026, 1, 1),
            "valid_until": date(2099, 12, 31),
            "author": "Wang Li",
            "correction": {"method": method, **coefficients},
            "companions": companions,
        }
    )


def colocation_csv():
    """Twenty days of hours: a reference that rises and falls, and sensors that read a little too much."""
    lines = ["time,reference,sensor,a,b,c"]
    for hour in range(480):
        reference = 5 + abs(hour * 7 % 180 - 90)
        sensors = (1.1 * reference, 1.05 * reference, 1.06 * reference + 1, 1.07 * reference)
        lines.append(f"2026-10-{hour // 24 + 1:02}T{hour % 24:02}:00,{reference},{','.join(f'{one:.2f}' for one in sensors)}")
    return "\n".join(lines) + "\n"
