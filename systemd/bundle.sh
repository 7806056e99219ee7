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

# Everything of others comes as a wheel: nothing is compiled at the station, nor here.
for python_version in $versions; do
    pip download --dest "$work/$name/wheels" --only-binary :all: --platform "$platform" --python-version "$python_version" \
        --implementation cp --require-hashes -r "$here/../requirements.txt"
done
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
cp "$here"/*.service "$here"/*.path "$here"/*.target "$here"/*.conf "$here"/*.rules "$here/install.sh" "$here/../README.md" "$work/$name"
(cd "$work/$name" && find . -type f | sort | xargs sha256sum) >"$work/SHA256SUMS"
mv "$work/SHA256SUMS" "$work/$name"
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner -cf "$folder/$name.tar" "$name"
echo "$folder/$name.tar"
