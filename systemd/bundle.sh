#!/bin/sh
# bundle.sh ARCHITECTURE FOLDER: one file there with everything that install.sh needs, for a place without internet.
#
#   systemd/bundle.sh aarch64 dist     also armv7l, x86_64; for Python 3.11 (Debian 12) and 3.13 (Debian 13)
#
# There: tar xf shanshui-station-*.tar && sudo shanshui-station-*/install.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
arch=${1:?architecture: aarch64, armv7l or x86_64}
folder=${2:?folder}
python=${PYTHON:-$here/../.venv/bin/python}
case "$arch" in
aarch64 | x86_64) versions="3.11 3.13" platform=manylinux2014_$arch ;;
armv7l) versions="3.11" platform=manylinux2014_armv7l ;;
*)
    echo "there is no architecture $arch: aarch64, armv7l or x86_64" >&2
    exit 2
    ;;
esac
version=$(sed -n 's/^VERSION = "\(.*\)"/\1/p' "$here/../station/__init__.py")
name=shanshui-station-$version-$arch
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/$name/wheels" "$folder"
pip() { "$python" -m pip --disable-pip-version-check -qq "$@"; }

# Everything comes as a wheel, but for this pure-Python package that is published as source only: its wheel is made here.
source_only=ph4-gas
sed -n "/^$source_only==/,/[^\\\\]\$/p" "$here/../requirements.txt" >"$work/source.txt"
sed "/^$source_only==/,/[^\\\\]\$/d" "$here/../requirements.txt" >"$work/wheels.txt"
for python_version in $versions; do
    pip download --dest "$work/$name/wheels" --only-binary :all: --platform "$platform" --python-version "$python_version" \
        --implementation cp --require-hashes -r "$work/wheels.txt"
done
pip wheel --no-deps --no-build-isolation --wheel-dir "$work/made" --require-hashes -r "$work/source.txt"
pip wheel --no-deps --no-build-isolation --wheel-dir "$work/made" "$here/.."
rm -rf "$here/../build" "$here"/../*.egg-info
for wheel in "$work"/made/*; do
    case "$wheel" in
    *-none-any.whl) mv "$wheel" "$work/$name/wheels" ;;
    *)
        echo "$wheel fits this machine only" >&2
        exit 1
        ;;
    esac
done
cp "$here"/*.service "$here"/*.path "$here"/*.target "$here"/*.conf "$here/udev.rules" "$here/install.sh" "$here/../README.md" "$work/$name"
(cd "$work/$name" && find . -type f | sort | xargs sha256sum) >"$work/SHA256SUMS"
mv "$work/SHA256SUMS" "$work/$name"
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner -cf "$folder/$name.tar" "$name"
echo "$folder/$name.tar"
