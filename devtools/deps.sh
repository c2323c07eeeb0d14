#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# devtools/deps.sh PURPOSE...         installs the Debian packages that each purpose needs
# devtools/deps.sh --list PURPOSE...   prints their names
#
# Purposes: build, test, peers (of more tests), nic (emulated NICs, for tests too), check (format and layers,
# clang), fuzz, bench. What is installed is left alone; where nothing is missing neither root nor the network
# is needed.
# shellcheck disable=SC2086 # lists of names are split on purpose
set -eu

packages() {
    case $1 in
    # libdpdk-dev brings every driver and library of DPDK, and what its pkg-config file asks for
    build) echo gcc libc6-dev pkg-config meson ninja-build libdpdk-dev libpcap-dev zlib1g-dev libssl-dev libnuma-dev ;;
    test) echo g++ libcmocka-dev libusrsctp-dev python3 python3-scapy tshark iproute2 iputils-ping tcpdump openssl ;;
    # servers and collectors that tests talk to, 30 MB; some of them start a service of their own when they
    # are installed, so that only who asks for them gets them: without them those tests are skipped
    peers) echo freediameterd libmariadb3 mariadb-client-core mariadb-server-core nfdump postgresql ;;
    # 45 MB of QEMU, busybox and cpio; and a kernel image, see fetch_kernel
    nic) echo busybox-static cpio qemu-system-x86 ;;
    check) echo clang clang-format binutils git ;;
    fuzz) echo clang libclang-rt-dev ;;
    bench) echo g++ libtins-dev libnids-dev tcpdump tcpflow tshark ;;
    *)
        echo "deps.sh: no purpose '$1': build, test, peers, nic, check, fuzz or bench" >&2
        exit 2
        ;;
    esac
}

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# What the emulated machine boots is not for this one: the package is unpacked in the user's cache, and its
# scripts, which would make a ramdisk and change what this machine boots, do not run.
fetch_kernel() {
    dir=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/pkts/linux-image
    for image in "$dir"/boot/vmlinuz-* /lib/modules/*/kernel/drivers/uio/uio_pci_generic.ko; do
        [ -e "$image" ] && return
    done
    package=$(apt-cache depends linux-image-cloud-amd64 2>"$log" | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p')
    [ -n "$package" ] || return
    mkdir -p "$dir"
    echo "Unpacking $package in $dir"
    (cd "$dir" && apt-get -q -o Acquire::Retries=3 download "$package" && unpack_kernel) >"$log" 2>&1 </dev/null
}

# The image and the modules that bind NICs: 10 MB of 100.
unpack_kernel() {
    dpkg-deb --fsys-tarfile linux-image-*.deb | tar x --wildcards './boot/vmlinuz-*' '*/drivers/uio/uio*' \
        '*/drivers/vfio/*' '*/lib/irqbypass.ko'
    rm linux-image-*.deb
}

list=
[ "${1:-}" = --list ] && list=yes && shift
[ $# -gt 0 ] || set -- build

wanted=$(for purpose in "$@"; do packages "$purpose" || exit 2; done)
wanted=$(printf '%s\n' $wanted | sort -u)
[ -n "$list" ] && echo "$wanted" && exit

if ! command -v dpkg-query >/dev/null; then
    echo "deps.sh: this is not a Debian system; install by other means what these packages hold:" $wanted >&2
    exit 1
fi
missing=
for package in $wanted; do
    is_installed "$package" || missing="$missing $package"
done
kernel=
for purpose in "$@"; do
    [ "$purpose" != nic ] || kernel=yes
done
log=$(mktemp)
trap 'rm -f "$log"' EXIT

failed() {
    tail -n 20 "$log" >&2
    echo "deps.sh: apt-get could not install: $* (its last words stand above)" >&2
    exit 1
}

if [ -n "$missing" ]; then
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        echo "deps.sh: packages are missing and you are neither root nor have sudo. As root, run:" >&2
        echo "    apt-get update && apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
    echo "Installing:$missing"
    # A bare machine has no package lists yet. A source that cannot be reached matters only if a package then lacks.
    { as_root apt-get -q -o Acquire::Retries=3 update || :
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -qy -o Acquire::Retries=3 \
            -o DPkg::Lock::Timeout=300 install --no-install-recommends $missing; } >"$log" 2>&1 </dev/null ||
        failed "$missing"
fi
[ -z "$kernel" ] || fetch_kernel ||
    echo "deps.sh: no kernel image could be had: tests of emulated NICs will be skipped" >&2
