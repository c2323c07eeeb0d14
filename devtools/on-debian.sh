#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# devtools/on-debian.sh SUITE [FOLDER]
#
# Builds and tests this tree with the compilers, the DPDK and the tools of another Debian: trixie, sid. As root,
# with debootstrap; about 3 GB in FOLDER, which is made by the first run, taken as it is by later ones, and left
# to whoever made it to remove (~/.cache/pkts/SUITE unless given). The tree is read only in there. Mounts and
# processes stand in namespaces of their own and go away with this one, however it ends.
#
# MIRROR holds another address for debootstrap; PKTS_TEST_ARGS further arguments for meson test.
set -eu

usage() {
    sed -n 's/^# \{0,1\}//; 4,11p' "$0" >&2
    exit 2
}

# As few files as a chroot needs. Services that packages would start have no business here.
unpack() {
    [ ! -e "$root" ] || { echo "on-debian.sh: $root is not finished: remove it, or name another" >&2; exit 1; }
    mkdir -p "$root"
    debootstrap --variant=minbase "$suite" "$root" ${MIRROR:+"$MIRROR"} >"$root.log" 2>&1 ||
        { tail -n 5 "$root.log" >&2 && exit 1; }
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    rm "$root.log"
    touch "$root/unpacked"
}

# In the namespaces: what is mounted here nobody else sees.
enter() {
    [ -e "$root/unpacked" ] || unpack
    mkdir -p "$root/tree" "$root/build"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    mount --rbind /dev "$root/dev"
    mount --rbind /sys "$root/sys"
    mount -t proc proc "$root/proc"
    mount --bind "$top" "$root/tree"
    mount -o remount,bind,ro "$root/tree"
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 \
        http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" \
        PKTS_TEST_ARGS="${PKTS_TEST_ARGS:-}" chroot "$root" /tree/devtools/on-debian.sh --inside
}

build() {
    [ -f "/build/$1/build.ninja" ] || CC=$1 CXX=$2 meson setup "/build/$1" -Dwerror=true -Dbenchmarks=true
    ninja -C "/build/$1"
}

inside() {
    cd /tree
    devtools/deps.sh build test peers check bench
    build gcc g++
    build clang clang++
    devtools/check-freestanding
    dpkg-query -W -f '${Package} ${Version}\n' libdpdk-dev gcc clang meson libpcap-dev python3
    # an emulated machine is the same everywhere
    PKTS_TEST_ARGS="--no-suite nic $PKTS_TEST_ARGS" devtools/test.sh /build/gcc
}

top=$(cd "$(dirname "$0")/.." && pwd)
case ${1:-} in
--inside)
    inside
    exit
    ;;
--enter)
    suite=$2 root=$3
    enter
    ;;
'' | -*) usage ;;
esac
[ "$(id -u)" -eq 0 ] || { echo "on-debian.sh: mounting and chroot need root" >&2; exit 1; }
suite=$1
root=$(realpath -m "${2:-${XDG_CACHE_HOME:-$HOME/.cache}/pkts/$1}")
[ ! -e "$root" ] || [ -O "$root" ] || { echo "on-debian.sh: $root is somebody else's" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "on-debian.sh: apt-get install debootstrap" >&2; exit 1; }
exec unshare --mount --pid --fork --kill-child "$top/devtools/on-debian.sh" --enter "$suite" "$root"
