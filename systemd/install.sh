#!/bin/sh
# Installs the station on Debian 12 or 13 (Raspberry Pi OS): users, folders, programs in /opt/shanshui, units. Run it again at any
# time. From an unpacked bundle it needs no network; from a clone it fetches what requirements.txt pins, checksums verified.
#
#   sudo systemd/install.sh                    install, or renew
#   sudo systemd/install.sh --uninstall        take it away; configuration and data stay
#   sudo systemd/install.sh --uninstall --purge    take these away too
#
# DESTDIR=/scratch installs into another root; PYTHON names the interpreter (default /usr/bin/python3).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=${DESTDIR:-}
python=${PYTHON:-/usr/bin/python3}
opt=/opt/shanshui
units="station.target station-acquire.service station-gateway.service station-privileged.path station-privileged.service
station-watchdog.service"

case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in zh*) zh=1 ;; *) zh= ;; esac
say() { if [ "$zh" ]; then echo "$2"; else echo "$1"; fi; }
fail() { say "$1" "$2" >&2; exit "${3:-3}"; }

live() { [ -z "$root" ] && [ -d /run/systemd/system ]; }

put() { # put FILE PLACE: a file of ours, said only when it changes
    if ! cmp -s "$here/$1" "$root$2"; then
        say "  writing $2" "  写入 $2"
        mkdir -p "$(dirname "$root$2")"
        install -m 644 "$here/$1" "$root$2"
    fi
}

files() { # what lies where outside /opt, one pair a line
    for unit in $units; do echo "$unit /etc/systemd/system/$unit"; done
    cat <<'PAIRS'
sysusers.conf /etc/sysusers.d/station.conf
tmpfiles.conf /etc/tmpfiles.d/station.conf
modules.conf /etc/modules-load.d/station.conf
udev.rules /etc/udev/rules.d/61-station.rules
polkit.rules /etc/polkit-1/rules.d/50-station.rules
journald.conf /etc/systemd/journald.conf.d/50-station.conf
watchdog.conf /etc/systemd/system.conf.d/50-station.conf
PAIRS
}

check() {
    if [ -z "$root" ] && [ "$(id -u)" != 0 ]; then
        fail "only root can install. Next: sudo $0" "只有 root 可以安装。下一步：sudo $0" 2
    fi
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        fail "$python is missing or older than 3.11. Next: use Debian 12 or later" "$python 不存在或低于 3.11。下一步：请使用 Debian 12 或更新版本" 2
    "$python" -c 'import venv, ensurepip' 2>/dev/null ||
        fail "Python cannot make a virtual environment. Next: apt install python3-venv" "Python 无法创建虚拟环境。下一步：apt install python3-venv" 2
    if [ -d "$here/wheels" ]; then
        say "Checking the bundle's checksums …" "正在校验安装包 …"
        (cd "$here" && sha256sum --quiet --check SHA256SUMS) ||
            fail "the bundle is damaged. Next: copy it again" "安装包已损坏。下一步：请重新复制" 3
    fi
}

programs() {
    say "Installing the programs into $opt …" "正在把程序安装到 $opt …"
    options=
    # GPIO is an extra: where the system has a package of it, the environment may use that.
    if "$python" -c 'import importlib.util as u, sys; sys.exit(not (u.find_spec("lgpio") or u.find_spec("RPi")))' 2>/dev/null; then
        say "  with the system's GPIO package" "  使用系统自带的 GPIO 软件包"
        options=--system-site-packages
    fi
    mkdir -p "$root/opt"
    # shellcheck disable=SC2086 # no option, or one
    "$python" -m venv --clear $options "$root$opt.new"
    new="$root$opt.new/bin/python"
    export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
    if [ -d "$here/wheels" ]; then
        export PIP_FIND_LINKS="$here/wheels"
        "$new" -m pip install --quiet --no-index --only-binary :all: "$here"/wheels/shanshui_station-*.whl
        readme="$here/README.md"
    else
        "$new" -m pip install --quiet --require-hashes -r "$here/../requirements.txt"
        "$new" -m pip install --quiet --no-deps "$here/.."
        rm -rf "$here/../build" "$here"/../*.egg-info
        readme="$here/../README.md"
    fi
    mkdir -p "$root$opt.new/share"
    install -m 644 "$readme" "$root$opt.new/share/README.md"
    # The environment was made under another name: its programs must name the one it will have.
    sed -i "1s|^#!.*|#!$opt/bin/python|" "$root$opt.new/bin/station"
    sed -i "s|$root$opt\.new|$opt|g" "$root$opt.new/pyvenv.cfg"
    "$new" -m compileall -q -s "$root$opt.new" -p "$opt" "$root$opt.new/lib" || true
    rm -rf "$root$opt.old"
    if [ -d "$root$opt" ]; then mv "$root$opt" "$root$opt.old"; fi
    mv "$root$opt.new" "$root$opt"
    rm -rf "$root$opt.old"
    mkdir -p "$root/usr/local/bin"
    ln -sfn "$opt/bin/station" "$root/usr/local/bin/station"
}

settings() {
    say "Users, folders, rules and units …" "用户、目录、规则与服务单元 …"
    files | while read -r from to; do put "$from" "$to"; done
    systemd-sysusers ${root:+--root="$root"} "$root/etc/sysusers.d/station.conf"
    systemd-tmpfiles ${root:+--root="$root"} --create "$root/etc/tmpfiles.d/station.conf"
    if [ -z "$root" ] && [ "${SUDO_USER:-root}" != root ]; then
        usermod -aG station "$SUDO_USER" # may look at the station without sudo
    fi
    # shellcheck disable=SC2086 # several units
    systemctl ${root:+--root="$root"} --quiet enable station.target station-acquire.service station-gateway.service station-privileged.path station-watchdog.service
}

start() {
    modprobe i2c-dev 2>/dev/null || true
    if [ -S /run/udev/control ]; then
        udevadm control --reload
        udevadm trigger --subsystem-match=tty --subsystem-match=i2c-dev --subsystem-match=gpio
    fi
    systemctl daemon-reexec
    systemctl try-restart systemd-journald
    systemctl restart station.target
}

uninstall() {
    say "Taking the programs and units away …" "正在移除程序与服务单元 …"
    if live; then
        # shellcheck disable=SC2086 # several units
        systemctl --quiet stop $units 2>/dev/null || true
    fi
    # shellcheck disable=SC2086
    systemctl ${root:+--root="$root"} --quiet disable $units 2>/dev/null || true
    files | while read -r _from to; do rm -f "$root$to"; done
    rm -rf "$root$opt" "$root/usr/local/bin/station"
    if live; then
        systemctl daemon-reexec
        # shellcheck disable=SC2086
        systemctl --quiet reset-failed $units 2>/dev/null || true
    fi
    if [ "$1" = purge ]; then
        say "Taking configuration, data and users away …" "正在移除配置、数据与用户 …"
        rm -rf "$root/etc/shanshui" "$root/var/lib/shanshui" "$root/run/shanshui"
        for user in station-acquire station-gateway; do userdel ${root:+--root "$root"} "$user" 2>/dev/null || true; done
        groupdel ${root:+--root "$root"} station 2>/dev/null || true
    else
        say "Configuration (/etc/shanshui) and data (/var/lib/shanshui) stay." "保留配置（/etc/shanshui）与数据（/var/lib/shanshui）。"
    fi
}

case "${1:-}" in
"")
    check
    programs
    settings
    if live; then start; fi
    if [ -e "$root/etc/shanshui/station.toml" ]; then
        say "Done. Next: station doctor" "完成。下一步：station doctor"
    else
        say "Done. Next: station setup" "完成。下一步：station setup"
    fi
    ;;
--uninstall)
    if [ -z "$root" ] && [ "$(id -u)" != 0 ]; then fail "only root can do this. Next: sudo $0 $*" "只有 root 可以执行。下一步：sudo $0 $*" 2; fi
    case "${2:-}" in
    "") uninstall keep ;;
    --purge) uninstall purge ;;
    *) fail "there is no option $2" "没有选项 $2" 2 ;;
    esac
    ;;
*)
    sed -n '2,9s/^# \{0,1\}//p' "$0"
    case "$1" in -h | --help) exit 0 ;; *) exit 2 ;; esac
    ;;
esac
