"""Drivers: what the bytes of an instrument say. How to add one in twenty minutes:

1. Family file `drivers/<kind>/<family>.py` (copy `pm/plantower.py` for a stream, `climate/sht3x.py` for I2C, `gas/sfa30.py` for
   a chip that must be told to measure, `noise/rs485_noise.py` for Modbus). Its docstring names devices, data sheet, revision,
   what it cannot say, field oddities. Then constants as in the sheet, `split` and `decode` (pure: no clock, log or clamping),
   `read` if the device must be asked, and the declaration in `DRIVERS` (each field of it: `driver.py`). A `begin` also waits
   until there is something to read.
2. One line in `catalogue.py`: name → module.
3. Frames in `tests/captures/<name>.toml`, found there by the tests of values, properties and faults: `hex`, `source`, `kind` and
   what is to be said of it. `kind` is "data" (`values` or `reason`), "identity" (`status`) or "invalid" (`reason`: a bent
   checksum, a frame cut off, our own question as echo). A frame that nobody published says "by hand" in its source; if all
   "data" are such, the page has `published=False`. A format without a checksum: a line in `tests/drivers/test_properties.py`.
4. A twin in `hw_sim/instruments/` (beside that of the driver you copied; `hw_sim/world.py` says what is true), written from the
   sheet and not from your decoder, with its line in `INSTRUMENTS`. Your driver must read of it what the world says. Only if
   the world calls it otherwise, or driver or twin want settings, it takes a line in `CASES` of `tests/drivers/test_roundtrip.py`.
5. `.venv/bin/python -m pytest -q tests -k "<name> or house"` (a minute), `make check`, `station drivers <name>`,
   a line in `CHANGELOG.md`; `make test` before it is merged. The house rules tell what is missing.

What the station has no bus for (USB HID) has `port="hid"` and no twin: `station decode` alone reads it, as `noise/gm1356.py`.
A Modbus device needs no Python: a description takes the place of step 1 (`climate/xy_md02.toml` is a whole one, `description.py`
says what may stand there), and its twin is mostly a `Map` of one line. `station decode modbus_map --map FILE "FRAME"` tries it,
`station drivers <name>` says what is wrong in it.

A worked example, whole; `tests/drivers/test_guide.py` runs it as it stands here:

    '''Dust-1, PM2.5 on a UART. Source: data sheet v1, page 4. What it cannot say: anything coarser. Oddity: 0 while it starts.'''

    from drivers.driver import Driver, NoSettings, Page
    from drivers.errors import Garbled
    from drivers.frames import Cut, cut, expect_length
    from drivers.sample import Sample

    HEADER, SIZE = bytes((0xAA,)), 4  # AA, µg/m³ (high byte first), low byte of the sum


    def split(buffer: bytes) -> Cut:
        return cut(buffer, HEADER, lambda _: SIZE, check)


    def check(frame: bytes) -> None:
        expect_length(frame, SIZE)
        expected = sum(frame[:3]) & 0xFF
        if frame[:1] != HEADER or frame[3] != expected:
            raise Garbled("sum", raw=frame, expected=f"{expected:02x}", got=f"{frame[3]:02x}")


    def decode(frame: bytes, _settings: NoSettings) -> Sample:
        check(frame)
        dust = int.from_bytes(frame[1:3], "big")
        return Sample({"pm25": float(dust)}) if dust else Sample({}, reason="warm_up")


    DRIVERS = (
        Driver(
            name="dust1",
            title="Example Dust-1",
            zh="示例 Dust-1",
            port="uart",
            page=Page(
                source="data sheet v1, page 4",
                published=False,
                wiring=(("VCC", "5V"), ("GND", "GND"), ("TX", "RXD")),
                supply=("5 V, 80 mA", "5 V，80 mA"),
                faults=(("0 for long: the fan is blocked", "长期为 0：风扇堵塞"),),
                cannot=("anything coarser than PM2.5", "不能测更粗的颗粒"),
            ),
            quantities=("pm25",),
            split=split,
            decode=decode,
            defaults={"baud": 9600},
            warm_up=30.0,
        ),
    )

Its line in the catalogue: `"dust1": "drivers.pm.dust1"`. Its first capture: `hex = "aa 00 23 cd"`, `values = { pm25 = 35.0 }`.

quantities.toml, quantity.py  every quantity and its unit: the only place that knows units
sample.py, errors.py          what one frame says; what can go wrong on a wire
driver.py                     what a driver declares, and the ports that it may use
growth.py                     a device's own sums as what came since the last reading
frames.py, registers.py       cutting streams into frames; Modbus registers as numbers; checksum.py, sensirion.py (words on I2C)
bus/                          the ports themselves, one door to each library

A family imports the vocabulary above and nothing else of ours, and no library that does I/O. Three verdicts are kept apart: is
the frame sound (else an error), is the value usable (else a reason), is it plausible (not decided here).
"""
