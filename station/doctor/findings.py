"""Every fault that `station doctor` can name, besides those of instruments (`station/explain.py`): evidence, cause, next step."""

from collections.abc import Mapping
from types import MappingProxyType

from station.explain import Advice
from station.words import N_

_HERE: dict[str, Advice] = {
    "under_voltage": Advice(
        N_("the supply voltage is too low now (throttle bits {bits:#x})"),
        N_("a weak supply, a long or thin cable, a battery that is empty"),
        N_(
            "measure 5 V at the header under load (4.8 V at least); take a shorter cable or a stronger supply; charge the battery"
        ),
    ),
    "was_under_voltage": Advice(
        N_("the supply voltage has been too low since the start (throttle bits {bits:#x})"),
        N_("a supply that gives way when the modem or a pump starts"),
        N_("measure 5 V while the modem sends; give it a supply of its own"),
    ),
    "too_hot": Advice(
        N_("the processor has {degrees:.0f} °C"),
        N_("sun on the enclosure, a fan that stands still, no heat sink"),
        N_("shade the enclosure; check the fan and the vents"),
    ),
    "watchdog_reset": Advice(
        N_("the hardware watchdog has reset the machine"),
        N_("the system hung, often because of the supply or the card"),
        N_("look at power and card in this report; `journalctl -b -1 -n 100`"),
    ),
    "clock_past": Advice(
        N_("the clock says {time}, which is in the past"),
        N_("no battery clock, or its battery is empty, and no time from the network"),
        N_("connect the network, or fit a DS3231 with a battery; records wait meanwhile and are stamped later"),
    ),
    "clock_free": Advice(
        N_("nobody disciplines the clock; it is believed because of: {source}"),
        N_("no time service runs, or it reaches no server"),
        N_("`timedatectl timesync-status`; open UDP port 123 or set the district's time server"),
    ),
    "clock_untrusted": Advice(
        N_("nobody vouches for the clock ({time})"),
        N_("a time service is there but has not reached a server yet"),
        N_("connect the network; records wait meanwhile and are stamped later"),
    ),
    "disk_full": Advice(
        N_("{free} MB are free at {path}; {floor} MB are kept free, nothing more is stored"),
        N_("logs or files of others fill the card"),
        N_("`du -xh / | sort -h | tail`; take away what is not the station's"),
    ),
    "disk_low": Advice(
        N_("{free} MB are free at {path}"),
        N_("the backlog grows, or others fill the card"),
        N_("see backlog in this report; `du -xh / | sort -h | tail`"),
    ),
    "no_inodes": Advice(
        N_("{path} has no room for another file ({inodes} inodes are free)"),
        N_("very many small files"),
        N_("find the folder with them: `du -x --inodes / | sort -n | tail`"),
    ),
    "read_only": Advice(
        N_("{point} ({device}) is mounted read-only"),
        N_("the card reported errors and the kernel gave up writing, or an overlay is switched on"),
        N_("`dmesg | grep -i -e mmc -e ext4`; put in a new card: `station restore`"),
    ),
    "card_worn": Advice(
        N_("{name} has used up {percent} % of its life"),
        N_("flash memory wears with each write"),
        N_("put in a new industrial card at the next visit: `station backup`, then `station restore`"),
    ),
    "card_errors": Advice(
        N_("the file system on {name} has counted {count} errors"),
        N_("a dying card, or power cuts in the middle of a write"),
        N_("`station backup` now; put in a new card"),
    ),
    "config_missing": Advice(
        N_("there is no configuration at {path}"),
        N_("the station was not set up yet"),
        N_("`station setup`, or copy the example: `station config example`"),
    ),
    "config_bad": Advice(
        N_("{lines}"),
        N_("a slip in the file"),
        N_("correct the lines named here; `station config check` tells when all is well"),
    ),
    "settings_tried": Advice(
        N_("changed settings (set {id} by {by}) are being tried; in {minutes:.1f} min the old ones return"),
        N_("somebody changed them from afar, or with `station config apply`"),
        N_("wait for contact; or `station config confirm`, or `station config undo`"),
    ),
    "settings_left_out": Advice(
        N_("settings that were kept are not in force: {names}"),
        N_("station.toml was changed since, and counts more; or [remote] may does not allow them any longer"),
        N_("`station config show --effective`; `station config undo` forgets them"),
    ),
    "config_unreadable": Advice(
        N_("{user} may not read {path}"),
        N_("this user is not in the group station"),
        N_("`sudo station doctor`; or once `sudo usermod -aG station {user}` and log in anew"),
    ),
    "secret_open": Advice(
        N_("{path} can be read by everybody (mode {mode})"),
        N_("it was copied without care"),
        N_("`chmod 600` it, and let the platform give you a new password"),
    ),
    "secret_missing": Advice(
        N_("the password file {path} cannot be read: {why}"),
        N_("it was not brought along, or its name differs"),
        N_("put the password into that file, mode 600, owner root"),
    ),
    "owner": Advice(
        N_("{path} belongs to {owner}:{group} with mode {mode}; {wanted} is needed"),
        N_("a command was run as another user, or files were copied"),
        N_("`sudo systemd-tmpfiles --create /etc/tmpfiles.d/station.conf`; for a file: chown and chmod as said"),
    ),
    "folder_missing": Advice(
        N_("the folder {path} is not there"),
        N_("the station was not installed wholly, or somebody took it away"),
        N_("`sudo systemd-tmpfiles --create /etc/tmpfiles.d/station.conf`, or run the installer again"),
    ),
    "not_writable": Advice(
        N_("{path} cannot be written by {user}"),
        N_("it belongs to another user"),
        N_("`sudo chown {user} {path}`, or use --state"),
    ),
    "unit_failed": Advice(
        N_("{unit} has failed ({result})"),
        N_("a wrong configuration, a folder that may not be written, or a port that hangs"),
        N_("`journalctl -u {unit} -n 50` names it; then `systemctl restart {unit}`"),
    ),
    "unit_stopped": Advice(
        N_("{unit} is not running ({state})"),
        N_("somebody stopped it, or there is no configuration"),
        N_("`systemctl start {unit}`"),
    ),
    "unit_disabled": Advice(
        N_("{unit} will not start by itself ({state})"),
        N_("it was disabled by hand"),
        N_("`systemctl enable --now {unit}`"),
    ),
    "unit_restarts": Advice(
        N_("{unit} has been started {count} times since the machine's start"),
        N_("it hangs or fails now and then"),
        N_("`journalctl -u {unit} -p warning -n 50`"),
    ),
    "not_running": Advice(
        N_("{service} does not run"),
        N_("it was not started"),
        N_("`systemctl start station.target`, or `station {service} &` by hand"),
    ),
    "maintained": Advice(
        N_("{told}"),
        N_("somebody works here, or has forgotten to switch it off: the data are flagged and marked M"),
        N_("`{off}` when the work is done"),
    ),
    "emergency": Advice(
        N_("{told}"),
        N_("somebody has asked for it: everything is read, stored and told as often as can be, which costs power and traffic"),
        N_("`{off}` when it is over; it ends by itself too"),
    ),
    "storage": Advice(
        N_("records cannot be stored: {fault}; {waiting} wait in memory"),
        N_("a full, read-only or dying card"),
        N_("see disk and card in this report"),
    ),
    "nothing_stored": Advice(
        N_("nothing has been stored for {minutes:.0f} minutes"),
        N_("acquisition hangs or is stopped"),
        N_("`systemctl restart station-acquire`, then `journalctl -u station-acquire -n 50`"),
    ),
    "log_damaged": Advice(
        N_("{path} is no sound database ({why})"),
        N_("a power cut on a card that lies about flushing, or a dying card"),
        N_("acquisition sets it aside and begins a new one; keep the file for `station log` and change the card"),
    ),
    "backlog": Advice(
        N_("{owed} records are owed to {name}, {hours:.0f} hours of them"),
        N_("the platform could not be reached for a while, or it confirms too slowly"),
        N_("see the lines of {name} in this report; a backlog is delivered by itself when they are good"),
    ),
    "refused_records": Advice(
        N_("{name} has refused {count} records"),
        N_("the platform's schema or list of stations is another one"),
        N_("ask the platform why, with the numbers from its ledger; they are kept"),
    ),
}

_BEYOND: dict[str, Advice] = {
    "port_missing": Advice(
        N_("{port} is not there; present: {present}"),
        N_("the adapter is not plugged in, or it sits in another socket"),
        N_("plug it in, or take the name from `ls /dev/serial/by-path` into station.toml"),
    ),
    "i2c_module": Advice(
        N_("{port} is not there and the kernel module i2c-dev is not loaded"),
        N_("it is not in /etc/modules-load.d"),
        N_("`sudo modprobe i2c-dev`; the installer makes that last"),
    ),
    "i2c_off": Advice(
        N_("{port} is not there: this machine has no I2C bus switched on"),
        N_("dtparam=i2c_arm=on is missing in /boot/firmware/config.txt"),
        N_("`sudo raspi-config nonint do_i2c 0`, then restart the Pi"),
    ),
    "i2c_fast": Advice(
        N_("the I2C bus runs at {speed} Hz"),
        N_("dtparam=i2c_arm_baudrate in config.txt; several sensors stand 100 kHz only"),
        N_("set dtparam=i2c_arm_baudrate=100000 and restart the Pi"),
    ),
    "console": Advice(
        N_("the kernel's console speaks on {port} ({console})"),
        N_("the serial console is on, and a sensor gets its text"),
        N_("`sudo raspi-config nonint do_serial_cons 1`, then restart the Pi"),
    ),
    "port_rights": Advice(
        N_("{port} belongs to {owner}:{group} with mode {mode}; {user} may not open it"),
        N_("the udev rule is missing, or the user is not in that group"),
        N_("run the installer again, or `sudo usermod -aG {group} {user}` and log in anew"),
    ),
    "port_held": Advice(
        N_("{port} is held by another program ({holder})"),
        N_("a terminal program, ModemManager or a second acquisition"),
        N_("end it: `sudo fuser -v {port}` shows which"),
    ),
    "bus_tcp": Advice(
        N_("{port} cannot be reached: {why}"),
        N_("the gateway or sonde has no power, another address, or the network cable is loose"),
        N_("`ping` its address; compare with its label and with station.toml"),
    ),
    "bus_held_low": Advice(
        N_("{port} does not move: {why}"),
        N_("a chip holds the line low, SDA or SCL is shorted, or a pull-up is missing"),
        N_("switch the sensors' supply off and on; disconnect the chips one by one"),
    ),
    "other_model": Advice(
        N_("{names} speaks on {port} at {baud} bit/s, not {driver}"),
        N_("another model than configured, or two plugs are swapped"),
        N_("read the label on the sensor and write its driver into station.toml, or swap the plugs"),
    ),
    "other_speed": Advice(
        N_("it speaks at {baud} bit/s on {port}; {configured} is configured"),
        N_("the sensor was set to another speed, or baud is mistyped"),
        N_("write baud = {baud} for this bus into station.toml"),
    ),
    "other_parity": Advice(
        N_("it speaks with parity {parity} on {port}; {configured} is configured"),
        N_("the sensor was set to another parity, or parity is missing"),
        N_('write parity = "{parity}" for this bus into station.toml'),
    ),
    "swapped": Advice(
        N_("it says that it is {identity}; {expected} is expected"),
        N_("the instrument was exchanged, or two are plugged the wrong way round"),
        N_("`station instrument replace {name}` if it was exchanged; else swap the plugs"),
    ),
    "implausible": Advice(
        N_("{quantity} is {value}, outside {low} to {high}"),
        N_("a broken or wet sensor, another unit, or a probe in the air"),
        N_("look at the sensor; compare with another one beside it"),
    ),
    "flagged": Advice(
        N_("{quantity} is flagged: {reason}"),
        N_("quality control doubts it"),
        N_("`station log tail` shows since when; look at the sensor"),
    ),
    "no_value": Advice(
        N_("it answers, but gives no number for {quantity} ({reason})"),
        N_("the sensor reports a fault of its own, or a part is not connected"),
        N_("`station read {name} --raw`; look at the sensor"),
    ),
    "uncalibrated": Advice(
        N_("no certificate for {quantity} of serial {serial}"),
        N_("it was never calibrated here, or the serial in station.toml differs"),
        N_("put its certificate into {folder}"),
    ),
    "expired": Advice(
        N_("the certificate for {quantity} ended on {day}"),
        N_("nobody has calibrated it since"),
        N_("calibrate it and put the new certificate into {folder}"),
    ),
    "expires": Advice(
        N_("the certificate for {quantity} ends on {day}"),
        N_("it was calibrated long ago"),
        N_("bring what the next calibration needs on the next visit"),
    ),
    "bad_certificate": Advice(
        N_("{path} is no certificate: {why}"),
        N_("a slip in the file"),
        N_("correct it: the format stands in calibration/certificate.py"),
    ),
    "no_link": Advice(
        N_("no network interface has a carrier ({names})"),
        N_("a loose cable, no SIM card, a modem without power"),
        N_("check the cable, the modem's lamps and its antenna"),
    ),
    "no_address": Advice(
        N_("no interface has an address ({names})"),
        N_("no DHCP server, an empty SIM card, a wrong APN"),
        N_("`nmcli device`; check SIM credit and APN"),
    ),
    "no_route": Advice(
        N_("there is no default route"),
        N_("the router gave none, or the address is set by hand without one"),
        N_("`ip route`; set the gateway"),
    ),
    "no_nameserver": Advice(
        N_("/etc/resolv.conf names no DNS server"),
        N_("the network gave none"),
        N_("set one: 223.5.5.5 or the district's own"),
    ),
    "dns": Advice(
        N_("the name {host} cannot be resolved: {why}"),
        N_("a mistyped name, or no DNS server answers"),
        N_("compare with the platform's letter; `getent hosts {host}`; try another DNS server"),
    ),
    "tcp_refused": Advice(
        N_("{where} refuses the connection"),
        N_("a wrong port, or the platform's server is down"),
        N_("compare the port with the platform's letter; ask the platform"),
    ),
    "tcp_silent": Advice(
        N_("{where} does not answer within {seconds} s"),
        N_("a firewall, a wrong address, a very weak signal"),
        N_("ask the platform whether our address is let in; check the antenna"),
    ),
    "tcp_unreachable": Advice(
        N_("{where} cannot be reached: {why}"),
        N_("no route there"),
        N_("see link, address and route in this report"),
    ),
    "tls_expired": Advice(
        N_("the certificate of {where} has expired"),
        N_("the platform did not renew it, or our clock is ahead"),
        N_("compare our clock; tell the platform"),
    ),
    "tls_future": Advice(
        N_("the certificate of {where} is not valid yet"),
        N_("our clock is in the past"),
        N_("see clock in this report"),
    ),
    "tls_name": Advice(
        N_("the certificate of {where} is for another name ({why})"),
        N_("host is an address or an old name, or somebody stands between"),
        N_("write the name for which the certificate was made; ask the platform"),
    ),
    "tls_stranger": Advice(
        N_("the certificate of {where} is not signed by an authority that we know ({why})"),
        N_("ca is missing or another one in station.toml, or somebody stands between"),
        N_("get the authority's certificate from the platform and name it as ca"),
    ),
    "tls_other": Advice(
        N_("{where} does not speak TLS as we do ({why})"),
        N_("a port without TLS, or a very old server"),
        N_("compare port and tls with the platform's letter"),
    ),
    "tls_own": Advice(
        N_("our own certificate or key cannot be used: {why}"),
        N_("a file is missing, or the two do not belong together"),
        N_("check ca, certificate and key in station.toml"),
    ),
    "tls_soon": Advice(
        N_("the certificate of {where} ends in {days} days"),
        N_("the platform must renew it"),
        N_("tell the platform"),
    ),
    "login": Advice(
        N_("{where} does not let us in: {why}"),
        N_("a wrong user name or password, or the platform does not know this station"),
        N_("compare username and password file with the platform's letter"),
    ),
    "protocol": Advice(
        N_("{where} does not answer as a platform should: {why}"),
        N_("a wrong port, tls or protocol version"),
        N_("compare port, tls and protocol with the platform's letter"),
    ),
    "lost": Advice(
        N_("{where}: {why}"),
        N_("a line that breaks off"),
        N_("check antenna and signal; it is tried again by itself"),
    ),
    "unanswered": Advice(
        N_("{where} takes the connection, but answers nothing: {why}"),
        N_("it does not know this MN or password, expects another ST or edition, or never answers"),
        N_('compare MN, password, ST and edition with its owner; confirm = "written" if it never answers'),
    ),
    "no_receipt": Advice(
        N_("{where} took record {sequence} but does not say that it is stored ({seconds:.0f} s)"),
        N_("the platform's consumer does not run, or it may not publish to our receipt topic"),
        N_("ask the platform to look at its consumer; the record stays here and is sent again"),
    ),
    "refused_record": Advice(
        N_("{where} refuses record {sequence}: {why}"),
        N_("the platform's schema or list of stations is another one"),
        N_("show this line to the platform"),
    ),
}

FINDINGS: Mapping[str, Advice] = MappingProxyType(_HERE | _BEYOND)
"""What was found → evidence (filled with the facts), likely cause, next step."""
