"""Wear of the card, from /sys as a Raspberry Pi with an SD card and a board with eMMC show it."""

import os

import pytest

from station.wear import Wear, look

STAT = "   29716    12340  1936170    13542    48211    37190  1234567   180112        0    61234   193654\n"
"""Of a Pi 4, Linux 6.1; the seventh number is sectors of 512 bytes written (kernel, Documentation/block/stat.rst)."""


@pytest.fixture
def sys_of(tmp_path):
    def made(life=None, partition=True, stat=STAT):
        system = tmp_path / "sys"
        disk = system / "devices" / "mmcblk0"
        holder = disk / "mmcblk0p2" if partition else disk
        (disk / "device").mkdir(parents=True)
        holder.mkdir(exist_ok=True)
        if partition:
            (holder / "partition").write_text("2\n")
        (disk / "stat").write_text(stat)
        if life:
            (disk / "device" / "life_time").write_text(life)
        number = os.stat(tmp_path).st_dev
        (system / "dev" / "block").mkdir(parents=True)
        (system / "dev" / "block" / f"{os.major(number)}:{os.minor(number)}").symlink_to(holder)
        return system

    return made


def test_an_sd_card(tmp_path, sys_of):
    assert look(tmp_path, sys_of()) == Wear("mmcblk0", 1234567 * 512, None)


@pytest.mark.parametrize(("life", "used"), [("0x01 0x02\n", 0.2), ("0x0b 0x01\n", 1.1), ("0x00 0x00\n", None), ("?\n", None)])
def test_emmc_tells_its_life(tmp_path, sys_of, life, used):
    assert look(tmp_path, sys_of(life, partition=False)).used == used


def test_what_is_not_there_is_not_invented(tmp_path, sys_of):
    assert look(tmp_path, tmp_path / "nothing") == Wear("", None, None)
    assert look(tmp_path, sys_of(stat="rubbish")) == Wear("mmcblk0", None, None)
