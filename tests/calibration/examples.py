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
