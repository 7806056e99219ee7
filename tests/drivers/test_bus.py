"""The buses on real parts: ptys, sockets, and devices that misbehave as they do in the field."""

import errno
import os
import socket
import struct
import threading
import time
import tty
from functools import reduce
from operator import xor

import pytest

from drivers.bus.i2c import I2CBus
from drivers.bus.modbus import ModbusBus, RtuWire
from drivers.bus.modbus_tcp import TcpWire
from drivers.bus.uart import Line, Uart
from drivers.catalogue import find
from drivers.errors import Faulted, Foreign, Garbled, NoAnswer, PortLost
from hw_sim.scenario import build
from hw_sim.simulation import Simulation

SCENARIO = build(
    {
        "line": [
            {"name": "pm", "kind": "uart", "instrument": [{"model": "pms5003", "period": 0.2}]},
            {
                "name": "rs485",
                "kind": "modbus_rtu",
                "instrument": [{"model": "y532", "address": 3}, {"model": "y504", "address": 5}],
            },
            {"name": "noise", "kind": "modbus_rtu", "instrument": [{"model": "rs485_noise", "address": 1}]},
            {"name": "tcp", "kind": "modbus_tcp", "instrument": [{"model": "y4000", "address": 1}]},
            {"name": "i2c", "kind": "i2c", "instrument": [{"model": "sht3x", "address": 0x44}]},
        ]
    }
)


@pytest.fixture
def lines(tmp_path):
    with Simulation(SCENARIO, tmp_path) as simulation:
        yield simulation


@pytest.fixture
def rtu(lines):
    uart = Uart(Line(lines.ports["rs485"], 9600))
    bus = ModbusBus(RtuWire(uart))
    yield bus
    bus.close()


@pytest.fixture
def pair():
    """A bare pty: what the test writes to `master` is what the device says."""
    master, slave = os.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


def read_pm(uart, deadline=2.0):
    driver = find("pms5003")
    return driver.decode(uart.port(0, deadline).receive(driver.split), driver.settings())


def test_a_stream_gives_its_newest_frame(lines):
    uart = Uart(Line(lines.ports["pm"], 9600))
    assert read_pm(uart).usable
    uart.close()


def test_a_frame_in_two_pieces_is_put_together_over_two_readings(pair):
    master, path = pair
    frame = bytes.fromhex("424d001c0003000400070004000500080 31b00f9001b0006000300039a0002a2".replace(" ", ""))
    uart = Uart(Line(path))
    with pytest.raises(NoAnswer):
        read_pm(uart, 0.05)
    os.write(master, b"\x00\x42" + frame[:10])
    with pytest.raises(Garbled) as caught:
        read_pm(uart, 0.05)
    assert caught.value.reason == "truncated"
    os.write(master, frame[10:])
    assert read_pm(uart).values["pm25"] == 5.0


def test_a_wrong_speed_is_named(lines):
    uart = Uart(Line(lines.ports["pm"], 115200))
    reasons = []
    for _ in range(8):
        with pytest.raises(Garbled) as caught:
            read_pm(uart, 0.7)
        reasons.append(caught.value.reason)
    assert reasons[-1] == "wrong_speed"
    uart.close()


def test_a_wrong_checksum_shows_both_sums(pair):
    master, path = pair
    uart = Uart(Line(path))
    with pytest.raises(NoAnswer):
        read_pm(uart, 0.02)
    os.write(master, bytes.fromhex("424d001c0003000400070004000500080 31b00f9001b0006000300039a0002a3".replace(" ", "")))
    with pytest.raises(Garbled) as caught:
        read_pm(uart, 0.1)
    assert (caught.value.reason, caught.value.expected, caught.value.got) == ("checksum", "0x02a2", "0x02a3")


def test_unplug_is_noticed_and_replug_by_the_same_name_works(lines):
    uart = Uart(Line(lines.ports["pm"], 9600))
    assert read_pm(uart).usable
    lines.fault("pm", "unplug")
    with pytest.raises(PortLost):
        for _ in range(10):
            read_pm(uart)
    with pytest.raises(PortLost) as caught:
        read_pm(uart)
    assert "no such port" in str(caught.value)
    lines.fault("pm", "replug")
    assert read_pm(uart).usable
    uart.close()


def test_a_port_that_another_program_holds(lines):
    first, second = Uart(Line(lines.ports["pm"])), Uart(Line(lines.ports["pm"]))
    assert read_pm(first).usable
    with pytest.raises(PortLost) as caught:
        read_pm(second)
    assert "another program holds it" in str(caught.value)
    first.close()
    assert read_pm(second).usable
    second.close()


def test_modbus_answers(rtu):
    driver = find("y532")
    sample = driver.read(rtu.port(3, 1.5), {}, driver.settings())
    assert 7 < sample.values["ph"] < 9 and set(sample.values) == {"ph", "water_temperature"}


@pytest.mark.parametrize(
    ("kind", "error", "reason"),
    [
        ("silence", NoAnswer, "timeout"),
        ("wrong_checksum", Garbled, "checksum"),
        ("loss", Garbled, None),
        ("foreign", Foreign, "foreign"),
        ("wrong_function", Foreign, "foreign"),
        ("wrong_count", Garbled, "length"),
        ("endless_noise", Garbled, None),
    ],
)
def test_each_fault_of_a_line_is_an_error_and_never_a_value(lines, rtu, kind, error, reason):
    assert rtu.port(5, 1.0).holding(0x2600, 6)
    lines.fault("rs485", kind, count=1)
    begin = time.monotonic()
    with pytest.raises(error) as caught:
        rtu.port(5, 0.4).holding(0x2600, 6)
    assert time.monotonic() - begin < 1.5, "the deadline is hard"
    assert reason is None or caught.value.reason == reason
    assert kind == "silence" or caught.value.raw
    lines.fault("rs485", "clear")
    for _ in range(10):  # endless noise goes on for a while
        try:
            assert len(rtu.port(5, 1.0).holding(0x2600, 6)) == 6
            return
        except (Garbled, NoAnswer):
            continue
    pytest.fail("the line did not recover")


def test_a_late_answer_is_never_taken_for_the_next_one(lines, rtu):
    """pH, temperature and voltage of a Y532 have one shape: only quiet time tells a late answer from the next."""
    acid = rtu.port(3, 1.0).holding(0x2800, 2)
    lines.fault("rs485", "late", count=1)
    with pytest.raises(NoAnswer):
        rtu.port(3, 1.0).holding(0x2800, 2)
    warm = struct.unpack("<f", struct.pack(">2H", *rtu.port(3, 1.0).holding(0x2400, 2)))[0]
    assert 8 < warm < 14 and warm != struct.unpack("<f", struct.pack(">2H", *acid))[0]
    assert not 7.5 < warm < 8.5, "this is the pH that came late"


def test_noise_before_a_good_answer_does_no_harm(lines, rtu):
    lines.fault("rs485", "noise", count=1)
    assert len(rtu.port(5, 1.0).holding(0x2600, 6)) == 6


def test_an_exception_is_the_devices_own_no(lines):
    bus = ModbusBus(RtuWire(Uart(Line(lines.ports["noise"], 9600))))
    with pytest.raises(Faulted) as caught:
        bus.port(1, 1.0).holding(999, 1)
    assert caught.value.reason == "device_fault" and "no such register" in str(caught.value)
    bus.close()


def answer_from(master, *replies):
    """A thread that answers each request with the next of `replies`; a callable gets the request."""

    def run():
        for reply in replies:
            request = os.read(master, 256)
            os.write(master, reply(request) if callable(reply) else reply)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_only_our_own_question_came_back(pair):
    master, path = pair
    bus = ModbusBus(RtuWire(Uart(Line(path))))
    answer_from(master, lambda request: request)
    with pytest.raises(Foreign) as caught:
        bus.port(1, 0.2).holding(0, 1)
    assert caught.value.reason == "echo"
    bus.close()


def test_an_adapter_that_echoes_is_a_setting(pair):
    master, path = pair
    bus = ModbusBus(RtuWire(Uart(Line(path)), echo=True))
    answer_from(master, lambda request: request + bytes.fromhex("0103020278b906"))
    assert bus.port(1, 0.5).holding(0, 1) == (632,)
    bus.close()


def test_modbus_tcp_reads_and_reconnects(lines):
    bus = ModbusBus(TcpWire(lines.ports["tcp"]))
    assert len(bus.port(1, 1.0).holding(0x2601, 16)) == 16
    lines.fault("tcp", "silence", count=1)
    with pytest.raises(NoAnswer):
        bus.port(1, 0.2).holding(0x2601, 16)
    assert len(bus.port(1, 1.0).holding(0x2601, 16)) == 16
    for kind, error in (("wrong_function", Foreign), ("wrong_count", Garbled)):
        lines.fault("tcp", kind, count=1)
        with pytest.raises(error):
            bus.port(1, 0.5).holding(0x2601, 16)
    bus.close()


def test_modbus_tcp_passes_over_an_earlier_transaction():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run():
            channel, _peer = server.accept()
            with channel:
                request = channel.recv(64)
                good = request[:2] + bytes.fromhex("00000005 01 03 02 0278")
                channel.sendall(b"\x99\x99" + bytes.fromhex("00000005 01 03 02 ffff") + good)
                channel.recv(64)

        threading.Thread(target=run, daemon=True).start()
        bus = ModbusBus(TcpWire(f"tcp://127.0.0.1:{server.getsockname()[1]}"))
        assert bus.port(1, 1.0).holding(0, 1) == (632,)
        bus.close()


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(PortLost) as caught:
        ModbusBus(TcpWire(f"tcp://127.0.0.1:{port}")).port(1, 0.5).holding(0, 1)
    assert str(port) in str(caught.value)


def test_i2c_over_the_socket(lines):
    bus = I2CBus(lines.ports["i2c"])
    driver = find("sht3x")
    assert -40 < driver.read(bus.port(0x44, 1.0), {}, driver.settings()).values["temperature"] < 60
    with pytest.raises(NoAnswer):
        bus.port(0x45, 1.0).transfer(b"\x24\x00", 6, 0.016)
    with pytest.raises(NoAnswer):
        bus.port(0x44, 1.0).transfer(b"\x24\x00", 6, 0.001)  # asked too early
    lines.fault("i2c", "wrong_checksum", count=2)
    with pytest.raises(Garbled):
        driver.read(bus.port(0x44, 1.0), {}, driver.settings())
    lines.fault("i2c", "stuck_bus", count=1)
    with pytest.raises(PortLost):
        bus.port(0x44, 1.0).transfer(b"\x24\x00")
    bus.close()


def test_i2c_bus_that_does_not_exist():
    for address in ("/dev/i2c-99", "unix:/nonexistent/i2c.sock"):
        with pytest.raises(PortLost) as caught:
            I2CBus(address).port(0x44, 1.0).transfer(b"\x24\x00")
        assert address in str(caught.value)


def test_i2c_through_smbus2_speaks_to_the_kernel(mocker, tmp_path):
    """The kernel's transport: what reaches ioctl, and what its errno becomes."""
    node = tmp_path / "i2c-1"
    node.touch()
    answers = [b"\x66\x66\x93\x80\x00\xa2"]
    seen = []

    def ioctl(_fd, request, argument=None, *_rest):
        if request == 0x0705:  # I2C_FUNCS
            return 0
        assert request == 0x0707  # I2C_RDWR
        for message in argument.msgs[: argument.nmsgs]:
            seen.append((message.addr, message.flags, message.len))
            if message.addr == 0x45:
                raise OSError(errno.EREMOTEIO, "Remote I/O error")
            if message.flags & 1:
                for at, byte in enumerate(answers[0]):
                    message.buf[at] = bytes([byte])
        return 0

    mocker.patch("smbus2.smbus2.ioctl", ioctl)
    bus = I2CBus(str(node))
    driver = find("sht3x")
    sample = driver.read(bus.port(0x44, 1.0), {}, driver.settings())
    assert sample.values["temperature"] == pytest.approx(25.0) and seen == [(0x44, 0, 2), (0x44, 1, 6)]
    with pytest.raises(NoAnswer):
        bus.port(0x45, 1.0).transfer(b"\x24\x00")
    bus.close()


def test_an_echo_that_comes_long_before_the_answer_is_taken_off(pair):
    """A sound level meter's own frames are whole frames too: alone on the line they are no answer yet."""
    master, path = pair
    driver = find("bswa308")
    answer = bytes.fromhex("0201") + b"A61.5,OK" + b"\x03"
    answer += bytes((reduce(xor, answer),)) + b"\r\n"

    def run():
        question = os.read(master, 64)
        os.write(master, question)
        time.sleep(0.3)
        os.write(master, answer)

    threading.Thread(target=run, daemon=True).start()
    uart = Uart(Line(path))
    assert driver.read(uart.port(0, 3.0), {}, driver.settings()).values == {"laeq": 61.5}
    uart.close()
