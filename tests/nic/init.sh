#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# shellcheck shell=dash
# The first and only program of the machine that nic_test.py boots. /pairs has a line for each two NICs that a wire
# joins: NAME DRIVER ADDRESS MAC ADDRESS MAC. What the programs say goes to the console behind "NAME step "; what
# they write goes to the second serial line as a tar archive.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in /modules/*; do
    insmod "$module"
done
echo 200 >/proc/sys/vm/nr_hugepages
stty raw -F /dev/ttyS1

bind() {
    echo "$2" >"/sys/bus/pci/devices/$1/driver_override"
    echo "$1" >"/sys/bus/pci/drivers/$2/bind"
}

# say NAME FILE: its lines, each behind who says it
say() {
    sed "s/^/@ $1 /" "$2"
}

# await FILE PATTERN PROCESS: until the process has written it, or has ended, or hangs
await() {
    tries=3000
    until grep -qs "$2" "$1" || [ $tries -eq 0 ]; do
        kill -0 "$3" 2>/dev/null || return
        usleep 20000
        tries=$((tries - 1))
    done
}

expression() {
    echo "eth(dst=$2,src=$1)/ipv4(src=10.0.0.1,dst=10.0.0.2)/$3"
}

# craft NAME NIC EXPRESSION COUNT
craft() {
    pkts-craft "$3" -c "$4" -i "$2" >/tmp/craft 2>&1
    echo "@ $1 craft_status $?"
    say "$1 craft" /tmp/craft
}

# One NIC sends out of one process, the other receives in another, known by its short name, until Ctrl-C; a third
# process wants that NIC too.
between_processes() {
    mkfifo /tmp/fifo
    cat /tmp/fifo >/tmp/json &
    cat=$!
    pkts-dump -i "${4#0000:}" --json -w "/out/$1.pcapng" udp portrange 1005-1014 >/tmp/fifo 2>/tmp/dump &
    dump=$!
    await /tmp/dump listening $dump
    timeout -s KILL 60 pkts-dump -i "$4" -c 1 >/tmp/second 2>&1
    echo "@ $1 second_status $?"
    say "$1 second" /tmp/second
    craft "$1" "${2#0000:}" "$(expression "$3" "$5" 'udp(sport=7,dport=1000..1019)/"between processes"')" 20
    await /tmp/json '"n":10' $dump
    kill -INT $dump
    wait $dump
    echo "@ $1 dump_status $?"
    wait $cat
    say "$1 dump" /tmp/dump
    say "$1 json" /tmp/json
}

# Not on every NIC: what differs between them has been seen by then.
flow() {
    case $1 in
    e1000e | virtio_vfio) ;;
    *) return ;;
    esac
    pkts-flow -i "$4" -c 3 --json >/tmp/flow 2>/tmp/said &
    flow=$!
    await /tmp/said listening $flow
    craft "$1" "$2" "$(expression "$3" "$5" 'tcp(sport=7,dport=80,flags={S,A,R})')" 3
    wait $flow
    echo "@ $1 flow_status $?"
    say "$1 flow" /tmp/flow
}

pair() {
    nic_pair "$2" "$4" >/tmp/pair 2>&1
    echo "@ $1 pair_status $?"
    say "$1 pair" /tmp/pair
}

while read -r name driver a a_mac b b_mac; do
    bind "$a" "$driver"
    bind "$b" "$driver"
done </pairs
pkts-dump -D >/tmp/list 2>&1
echo "@ all list_status $?"
say "all list" /tmp/list
while read -r name driver a a_mac b b_mac; do
    for step in between_processes flow pair; do
        rm -f /tmp/*
        $step "$name" "$a" "$a_mac" "$b" "$b_mac"
        echo "@ $name took $step $(cut -d ' ' -f 1 /proc/uptime)"
    done
    echo "@ $name done $(cut -d ' ' -f 1 /proc/uptime)"
done </pairs 3</dev/null
tar c -C /out . >/dev/ttyS1
poweroff -f
