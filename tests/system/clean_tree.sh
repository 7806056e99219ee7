# clean_tree.sh FOLDER COMMAND…: run COMMAND as root in a clean Debian tree: this machine's /usr read-only, everything else new;
# no network, own processes. FOLDER/bundle of outside is /bundle inside.
set -eu
folder=$1
shift
root=$folder/root
mkdir -p "$root/usr" "$root/etc" "$root/dev" "$root/proc" "$root/run" "$root/tmp" "$root/var/lib" "$root/var/log" "$root/opt" "$root/root" "$root/bundle"
for name in bin sbin lib lib32 lib64 libx32; do
    if [ -L "/$name" ]; then ln -s "$(readlink "/$name")" "$root/$name"; fi
done
cp -a /etc/ld.so.cache /etc/ld.so.conf* /etc/alternatives "$root/etc/" 2>/dev/null || true
printf 'root:x:0:0:root:/root:/bin/sh\npi:x:1000:1000::/tmp:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\ntty:x:5:\ndialout:x:20:\npi:x:1000:\n' >"$root/etc/group"
printf 'passwd: files\ngroup: files\nhosts: files\n' >"$root/etc/nsswitch.conf"
printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
exec unshare --mount --pid --fork --net --kill-child sh -eu -c '
    root=$1; folder=$2; shift 2
    mount --make-rprivate /
    mount --bind /usr "$root/usr"
    mount -o remount,bind,ro "$root/usr"
    mount -t tmpfs tmpfs "$root/usr/local"
    mount --bind "$folder/bundle" "$root/bundle"
    mount -t proc proc "$root/proc"
    for name in null zero full random urandom; do touch "$root/dev/$name"; mount --bind "/dev/$name" "$root/dev/$name"; done
    ip link set lo up 2>/dev/null || true
    exec chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "$@"
' _ "$root" "$folder" "$@"
