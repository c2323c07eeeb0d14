#!/bin/bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Makes sample.pcapng and the small sample-*.pcap beside it: traffic of real programs between
# network namespaces, joined by veth pairs. What is in them: README.md.
#
#     client c0 ---- br0 router rs ---- s0 server
#
# Everything it starts it also ends, and everything it creates it removes. Servers run only inside
# the namespaces, with their data in one temporary directory.
set -euo pipefail

usage() {
    cat <<'END'
Usage: make-sample.sh [--install] [DIRECTORY]

Makes sample.pcapng, sample-cooked.pcap, sample-cooked1.pcap, sample-tun.pcap and sample-cut.pcap in
DIRECTORY (default: this script's own). Needs root, for network namespaces.

  --install   installs missing programs with apt-get. Debian may start the services that come with
              some of them; without --install, missing programs are only named.
END
}

here=$(cd "$(dirname "$0")" && pwd)
out=$here
install=no
while [ $# -gt 0 ]; do
    case $1 in
    --install) install=yes ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) out=$(cd "$1" && pwd) ;;
    esac
    shift
done

client=pkts-client-$$
router=pkts-router-$$
server=pkts-server-$$
pids=()
tmp=

die() {
    echo "make-sample.sh: $*" >&2
    exit 1
}

# --- programs ------------------------------------------------------------------------------------

# program:package, as Debian 12 names them
programs="ip:iproute2 ss:iproute2 ethtool:ethtool nft:nftables tcpdump:tcpdump ping:iputils-ping
    curl:curl nginx:nginx-light dnsmasq:dnsmasq-base dig:bind9-dnsutils psql:postgresql-client
    initdb:postgresql ssh:openssh-client sshd:openssh-server mptcpize:mptcpize sysctl:procps
    setpriv:util-linux"

# Debian keeps the server's programs out of PATH
PATH=$PATH:/usr/sbin:/sbin
for dir in /usr/lib/postgresql/*/bin; do
    PATH=$PATH:$dir
done

missing_packages() {
    for pair in $programs; do
        command -v "${pair%:*}" >/dev/null || echo "${pair#*:}"
    done | sort -u | tr '\n' ' '
}

need_programs() {
    local missing
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    [ $install = yes ] || die "missing packages: ${missing}(or call with --install)"
    apt-get update
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
    # postgresql's programs may only now have a directory: start again to find them
    exec "$0" "$out"
}

# --- helpers -------------------------------------------------------------------------------------

C() { ip netns exec "$client" "$@"; }
R() { ip netns exec "$router" "$@"; }
S() { ip netns exec "$server" "$@"; }

# Runs in the background inside a namespace, to be ended by cleanup: start NAMESPACE COMMAND...
# Its output goes to a file named after the count of programs started so far.
start() {
    ip netns exec "$@" >"$tmp/log.${#pids[@]}" 2>&1 </dev/null &
    pids+=($!)
}

# Polls a condition, 20 seconds at most: wait_for WHAT COMMAND...
wait_for() {
    local what=$1 tries=400
    shift
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || die "waited 20 s in vain for $what; logs: $(tail -n 3 "$tmp"/log.*)"
        sleep 0.05
    done
}

# Ends program number $1, once: its pid may belong to somebody else afterwards
end() {
    local pid=${pids[$1]}
    [ -n "$pid" ] || return 0
    pids[$1]=
    kill "-${2:-TERM}" "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
}

cleanup() {
    local i
    set +e
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
        end "$i"
    done
    for ns in "$client" "$router" "$server"; do
        ip netns del "$ns" 2>/dev/null
    done
    [ -z "$tmp" ] || rm -rf "$tmp"
}

listens() { [ -n "$(S ss -Hltun "sport = :$1")" ]; }
no_tentative() { [ -z "$(ip -n "$1" -6 addr show tentative)" ]; }
# holds FILE PATTERN [TIMES]
holds() { [ "$(LC_ALL=C grep -ao -e "$2" "$1" | wc -l)" -ge "${3:-1}" ]; }

# --- network -------------------------------------------------------------------------------------

# What is captured has to be what would be on a wire: no checksum or segment left to a NIC.
no_offload() {
    # not every kind of device has all of them
    for feature in rx tx sg tso gso gro; do
        ip netns exec "$1" ethtool -K "$2" $feature off >/dev/null 2>&1 || true
    done
    [ -z "$(offloads_left "$1" "$2")" ] || die "$2 keeps $(offloads_left "$1" "$2")"
}

offloads_left() {
    ip netns exec "$1" ethtool -k "$2" |
        grep -E '^(tx-checksumming|tcp-segmentation-offload|generic-.*-offload): on' || true
}

# wire NS1 IF1 MAC1 NS2 IF2 MAC2
wire() {
    ip -n "$1" link add "$2" address "$3" type veth peer name "$5" netns "$4" address "$6"
    no_offload "$1" "$2"
    no_offload "$4" "$5"
}

make_net() {
    for ns in "$client" "$router" "$server"; do
        ip netns add "$ns"
        ip -n "$ns" link set lo up
    done
    wire "$client" c0 02:00:00:00:01:10 "$router" rc 02:00:00:00:01:02
    wire "$router" rs 02:00:00:00:02:01 "$server" s0 02:00:00:00:02:20
    # A bridge with one port, for its IGMP and MLD querier
    ip -n "$router" link add br0 address 02:00:00:00:01:01 type bridge mcast_snooping 1 \
        mcast_igmp_version 3 mcast_mld_version 2 mcast_query_response_interval 50
    no_offload "$router" br0
    ip -n "$router" link set rc master br0
    R sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    # IPv6 comes up when the capture runs, so that address detection and router discovery are in it
    C sysctl -qw net.ipv6.conf.c0.disable_ipv6=1 net.ipv6.conf.c0.autoconf=0 \
        net.ipv6.conf.c0.accept_ra_defrtr=0 net.ipv4.tcp_fastopen=3 net.ipv4.tcp_ecn=1
    S sysctl -qw net.ipv4.tcp_fastopen=3 net.ipv4.tcp_ecn=1
    ip -n "$client" addr add 192.0.2.10/24 dev c0
    ip -n "$client" addr add 192.0.2.11/24 dev c0
    ip -n "$router" addr add 192.0.2.1/24 dev br0
    ip -n "$router" addr add 2001:db8:1::1/64 dev br0
    ip -n "$router" addr add 198.51.100.1/24 dev rs
    ip -n "$router" addr add 2001:db8:2::1/64 dev rs
    for host in 20 21 40; do
        ip -n "$server" addr add "198.51.100.$host/24" dev s0
        ip -n "$server" addr add "2001:db8:2::$host/64" dev s0
    done
    ip -n "$client" link set c0 up
    for dev in rc br0 rs; do
        ip -n "$router" link set $dev up
    done
    ip -n "$server" link set s0 up
    ip -n "$client" route add default via 192.0.2.1
    ip -n "$server" route add default via 198.51.100.1
    ip -n "$server" -6 route add default via 2001:db8:2::1
    make_odd_routes
    wait_for "the router's IPv6 addresses" no_tentative "$router"
    wait_for "the server's IPv6 addresses" no_tentative "$server"
}

# Routes that make the router answer with ICMP errors
make_odd_routes() {
    ip -n "$router" route add unreachable 203.0.113.64/26
    ip -n "$router" route add prohibit 203.0.113.128/26
    ip -n "$router" -6 route add unreachable 2001:db8:64::/48
    ip -n "$router" -6 route add prohibit 2001:db8:128::/48
    ip -n "$router" route add 198.51.100.40/32 dev rs mtu lock 1300
    ip -n "$router" -6 route add 2001:db8:2::40/128 dev rs mtu lock 1300
}

client_ipv6_up() {
    C sysctl -qw net.ipv6.conf.c0.disable_ipv6=0
    ip -n "$client" addr add 2001:db8:1::10/64 dev c0
    wait_for "the client's IPv6 addresses" no_tentative "$client"
    ip -n "$client" -6 route add default via 2001:db8:1::1
}

# --- servers -------------------------------------------------------------------------------------

start_router_advertisements() {
    start "$router" dnsmasq --no-daemon --conf-file=/dev/null --port=0 --interface=br0 --enable-ra \
        --dhcp-range=2001:db8:1::,ra-only '--dhcp-option=option6:dns-server,[2001:db8:2::20]' \
        --pid-file= --user=root --dhcp-leasefile="$tmp/leases"
}

start_dns() {
    start "$server" dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --pid-file= \
        --user=root --local=/org/ --local=/arpa/ \
        --host-record=www.example.org,198.51.100.20,2001:db8:2::20 \
        --cname=web.example.org,www.example.org --mx-host=example.org,www.example.org,10 \
        --txt-record=example.org,"v=spf1 -all" --srv-host=_http._tcp.example.org,www.example.org,80
    wait_for dnsmasq listens 53
}

# One nginx instance: start_nginx PORT LISTEN-OPTIONS [WRAPPER...]
start_nginx() {
    local port=$1 opts=$2 dir=$tmp/nginx.$1
    shift 2
    mkdir -p "$dir"
    cat >"$dir/nginx.conf" <<END
worker_processes 1;
pid $dir/pid;
daemon off;
error_log $dir/error.log;
events {}
http {
    access_log off;
    default_type text/plain;
    client_body_temp_path $dir/body;
    proxy_temp_path $dir/proxy;
    fastcgi_temp_path $dir/fastcgi;
    uwsgi_temp_path $dir/uwsgi;
    scgi_temp_path $dir/scgi;
    server {
        listen $port $opts;
        listen [::]:$port $opts;
        root $tmp/www;
        location /form { return 200 "thank you\n"; }
        location /slow { alias $tmp/www/; limit_rate 24k; }
    }
}
END
    start "$server" "$@" nginx -e "$dir/error.log" -p "$dir" -c "$dir/nginx.conf"
    wait_for "nginx on port $port" listens "$port"
}

start_web() {
    mkdir "$tmp/www"
    printf '<!doctype html>\n<title>Example</title>\n<p>A page.\n' >"$tmp/www/index.html"
    seq -f 'line %g of the body' 1200 >"$tmp/www/body"
    start_nginx 80 fastopen=16
    start_nginx 8080 '' mptcpize run
}

start_postgres() {
    local data=$tmp/postgres
    mkdir "$data"
    chown postgres: "$data"
    (cd / && as_postgres initdb -D "$data" -U app -A trust -E UTF8 --locale=C --no-sync) >/dev/null
    echo 'host all all all trust' >>"$data/pg_hba.conf"
    start "$server" setpriv --reuid=postgres --regid=postgres --init-groups postgres -D "$data" \
        -c listen_addresses='*' -c unix_socket_directories="$data" -c fsync=off -c timezone=UTC
    wait_for postgres S psql -h 127.0.0.1 -U app -d postgres -c 'create database shop'
}

as_postgres() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }

start_sshd() {
    ssh-keygen -q -t ed25519 -N '' -C '' -f "$tmp/host_key"
    ssh-keygen -q -t ed25519 -N '' -C '' -f "$tmp/user_key"
    cat >"$tmp/sshd_config" <<END
HostKey $tmp/host_key
AuthorizedKeysFile $tmp/user_key.pub
PermitRootLogin prohibit-password
PermitTunnel point-to-point
PidFile none
StrictModes no
UsePAM no
END
    # shellcheck disable=SC2016 # expanded inside
    start "$server" sh -c 'mount -t tmpfs none /run && mkdir -m 755 /run/sshd &&
        exec /usr/sbin/sshd -D -e -f "$1"' sh "$tmp/sshd_config"
    wait_for sshd listens 22
    echo "198.51.100.20,2001:db8:2::20 $(cut -d' ' -f1,2 "$tmp/host_key.pub")" >"$tmp/known_hosts"
}

# --- captures ------------------------------------------------------------------------------------

# capture NAMESPACE NAME TCPDUMP-ARGUMENTS...: leaves the number of its program in $capture
capture() {
    local ns=$1 name=$2
    shift 2
    start "$ns" tcpdump -Z root -n -U --immediate-mode -B 8192 -w "$tmp/$name" "$@"
    capture=$((${#pids[@]} - 1))
    wait_for "tcpdump for $name" grep -q 'listening on' "$tmp/log.$capture"
}

# The last packets are marked, so that it is known when a file holds everything before them.
marked='\(last\)\{9\}'
mark() { C ping -q -c 1 -p 6c617374 "$1" >/dev/null; }

# end_capture NUMBER NAME TIMES [PATTERN]: the mark is seen so many times, requests and replies
end_capture() {
    wait_for "the end of $2" holds "$tmp/$2" "${4:-$marked}" "$3"
    end "$1" INT
}

# --- traffic -------------------------------------------------------------------------------------

v4=198.51.100.20
v6=2001:db8:2::20
servers="$v4 [$v6]"

fetch() { C curl -sS --noproxy '*' --max-time 20 -o /dev/null "$@"; }
named() { echo "www.example.org:$2:$1"; }

run_join_groups() {
    ip -n "$client" addr add 233.252.0.18/32 dev c0 autojoin
    ip -n "$client" addr add ff0e::db8:0:18/128 dev c0 autojoin nodad
    ip -n "$router" link set br0 type bridge mcast_querier 1
}

run_leave_groups() {
    ip -n "$client" addr del 233.252.0.18/32 dev c0
    ip -n "$client" addr del ff0e::db8:0:18/128 dev c0
}

run_ping() {
    C ping -q -c 3 -i 0.05 $v4
    C ping -q -c 3 -i 0.05 $v6
    C ping -q -c 2 -i 0.05 -s 4000 $v4
    C ping -q -c 2 -i 0.05 -s 4000 $v6
    C ping -q -c 1 -R $v4
    C ping -q -c 1 -T tsandaddr $v4
    C ping -q -c 1 -Q 0x28 $v4
    C ping -q -c 1 -F 0x12345 -Q 0x28 $v6
} >/dev/null

# Each of these ends in an ICMP error, so each program fails
run_icmp_errors() {
    for host in $v4 $v6; do
        C ping -q -c 1 -W 1 -t 1 "$host" || true
        C dig @"$host" -p 5399 +tries=1 +time=1 www.example.org || true
    done
    for host in 203.0.113.65 203.0.113.129 2001:db8:64::1 2001:db8:128::1; do
        C ping -q -c 1 -W 1 "$host" || true
    done
    for host in 198.51.100.40 2001:db8:2::40; do
        C ping -q -c 2 -i 0.05 -W 1 -M "do" -s 1400 "$host" || true
    done
    C ping -q -c 1 -W 1 192.0.2.99 || true
    C ping -q -c 1 -W 1 2001:db8:1::99 || true
} >/dev/null 2>&1

run_dns() {
    for host in $v4 $v6; do
        C dig @"$host" www.example.org A web.example.org AAAA example.org MX
        C dig @"$host" +noedns example.org TXT _http._tcp.example.org SRV
        C dig @"$host" nothing.example.org
        C dig @"$host" +tcp www.example.org
    done
    C dig @$v4 -x 198.51.100.20
    C dig @$v6 -x 2001:db8:2::20
} >/dev/null

run_http() {
    for host in $servers; do
        local to=http://www.example.org
        fetch --resolve "$(named "$host" 80)" $to/ -o /dev/null $to/nothing
        fetch --resolve "$(named "$host" 80)" -d 'name=value&n=1' $to/form
        fetch --resolve "$(named "$host" 80)" -I $to/
        # the first of the two gets the cookie, the second sends its request with the SYN
        fetch --resolve "$(named "$host" 80)" --tcp-fastopen $to/
        fetch --resolve "$(named "$host" 80)" --tcp-fastopen $to/
    done
}

# Every 13th segment to the client is lost: duplicate acknowledgements, SACK, retransmissions
run_http_with_loss() {
    R nft 'add table inet lossy;
        add chain inet lossy forward { type filter hook forward priority 0; };
        add rule inet lossy forward tcp sport 80 numgen inc mod 13 6 drop'
    for host in $servers; do
        fetch --resolve "$(named "$host" 80)" http://www.example.org/body
    done
    R nft delete table inet lossy
}

run_closed_port() {
    for host in $servers; do
        ! fetch "http://$host:81/" 2>/dev/null || die "something answers on port 81"
    done
}

run_mptcp() {
    ip -n "$client" mptcp limits set subflow 2 add_addr_accepted 2
    ip -n "$server" mptcp limits set subflow 2
    ip -n "$client" addr add 2001:db8:1::11/64 dev c0 nodad preferred_lft 0
    ip -n "$client" mptcp endpoint add 192.0.2.11 dev c0 subflow
    ip -n "$client" mptcp endpoint add 2001:db8:1::11 dev c0 subflow
    ip -n "$server" mptcp endpoint add 198.51.100.21 dev s0 signal
    ip -n "$server" mptcp endpoint add 2001:db8:2::21 dev s0 signal
    for host in $servers; do
        C mptcpize run curl -sS --noproxy '*' --max-time 20 -o /dev/null \
            --resolve "$(named "$host" 8080)" http://www.example.org:8080/slow/body
    done
    ip -n "$client" mptcp endpoint flush
    ip -n "$server" mptcp endpoint flush
}

sql() { C env PGSSLMODE=disable PGGSSENCMODE=disable psql -q -h "$1" -U app -d shop "${@:2}"; }

run_postgres() {
    sql $v4 -c 'create table item (id int primary key, name text, price numeric)' \
        -c "insert into item values (1, 'apple', 0.35), (2, 'pear', 0.40)" \
        -c 'select * from item order by id'
    sql $v6 -c 'select count(*), sum(price) from item' -c 'select nothing from nowhere' || true
    # asks for TLS first and is refused
    C env PGSSLMODE=prefer PGGSSENCMODE=disable psql -q -h $v6 -U app -d shop -c 'table item'
    printf '3\tplum\t0.10\n' | sql $v4 -c 'copy item from stdin' -c 'copy item to stdout'
} >/dev/null 2>&1

# All that ssh has to know comes from here, nothing from the user's own configuration
ssh_options() {
    echo "-F none -i $tmp/user_key -o UserKnownHostsFile=$tmp/known_hosts -o IdentitiesOnly=yes" \
        "-o BatchMode=yes -o ControlPath=none -l root"
}

run_ssh_to() {
    # shellcheck disable=SC2046 # a list of words
    C ssh $(ssh_options) -T "$1" <<<'true' >/dev/null 2>&1 ||
        die "ssh to $1 failed: $(tail -n 3 "$tmp"/log.*)"
}

run_ssh() {
    run_ssh_to $v4
    run_ssh_to $v6
}

# vxlan NAMESPACE NAME VNI LOCAL REMOTE HOST-NUMBER: carries both IP versions
vxlan() {
    ip -n "$1" link add "$2" address "02:00:00:00:0a:0$6" mtu 1420 type vxlan id "$3" \
        local "$4" remote "$5" dstport 4789
    no_offload "$1" "$2"
    ip -n "$1" addr add "203.0.113.$6/29" dev "$2"
    ip -n "$1" addr add "2001:db8:a::$6/64" dev "$2" nodad
    ip -n "$1" link set "$2" up
}

# run_vxlan VNI CLIENT SERVER
run_vxlan() {
    vxlan "$client" vx0 "$1" "$2" "$3" 1
    vxlan "$server" vx0 "$1" "$3" "$2" 2
    C ping -q -c 2 -i 0.05 203.0.113.2 >/dev/null
    C ping -q -c 2 -i 0.05 2001:db8:a::2 >/dev/null
    for host in 203.0.113.2 '[2001:db8:a::2]'; do
        fetch --resolve "$(named "$host" 80)" http://www.example.org/
    done
    ip -n "$client" link del vx0
    ip -n "$server" link del vx0
}

# An ssh tunnel is the one tun device that a real program makes on both ends
run_tun() {
    local tunnel=${#pids[@]}
    # shellcheck disable=SC2046 # a list of words
    start "$client" ssh $(ssh_options) -o ExitOnForwardFailure=yes -N -w 0:0 $v4
    wait_for "the client's tun0" ip -n "$client" link show tun0
    wait_for "the server's tun0" ip -n "$server" link show tun0
    tun_addresses "$client" 17 18
    tun_addresses "$server" 18 17
    capture "$client" sample-tun.pcap -i tun0 --time-stamp-precision=nano
    wait_for "the tunnel" C ping -q -c 1 -W 1 203.0.113.18
    C ping -q -c 2 -i 0.05 2001:db8:b::18 >/dev/null
    for host in 203.0.113.18 '[2001:db8:b::18]'; do
        fetch --resolve "$(named "$host" 80)" http://www.example.org/
    done
    mark 203.0.113.18
    end_capture "$capture" sample-tun.pcap 2
    end "$tunnel"
}

tun_addresses() {
    ip -n "$1" addr add "203.0.113.$2/32" peer "203.0.113.$3" dev tun0
    ip -n "$1" addr add "2001:db8:b::$2/64" dev tun0 nodad
    ip -n "$1" link set tun0 up
}

# --- the captures --------------------------------------------------------------------------------

make_small() {
    local cooked cooked1 cut
    capture "$router" sample-cooked.pcap -i any
    cooked=$capture
    capture "$router" sample-cooked1.pcap -i any -y LINUX_SLL
    cooked1=$capture
    capture "$client" sample-cut.pcap -i c0 -s 64
    cut=$capture
    C ping -q -c 1 $v4 >/dev/null
    C ping -q -c 1 $v6 >/dev/null
    C dig @$v4 www.example.org >/dev/null
    C dig @$v6 www.example.org AAAA >/dev/null
    fetch --resolve "$(named "[$v6]" 80)" http://www.example.org/
    mark $v4
    # the router sees each packet on rc, br0 and rs
    end_capture "$cooked" sample-cooked.pcap 6
    end_capture "$cooked1" sample-cooked1.pcap 6
    end_capture "$cut" sample-cut.pcap 2 lastl
}

make_sample() {
    local main
    capture "$client" sample.pcap -i c0 --time-stamp-precision=nano
    main=$capture
    client_ipv6_up
    run_join_groups
    run_ping
    run_icmp_errors
    run_dns
    run_http
    run_http_with_loss
    run_closed_port
    run_postgres
    run_ssh
    run_mptcp
    run_vxlan 1000 192.0.2.10 $v4
    run_vxlan 2000 2001:db8:1::10 $v6
    run_tun
    run_leave_groups
    mark $v4
    end_capture "$main" sample.pcap 2
    /usr/bin/python3 "$here/pcapng.py" "$tmp/sample.pcapng" c0="$tmp/sample.pcap"
}

# Captured bytes must say nothing about the machine that made them
check_neutral() {
    local file word
    for file in sample{.pcapng,-cooked.pcap,-cooked1.pcap,-tun.pcap,-cut.pcap}; do
        for word in "$(uname -n)" "$(uname -r)" "$tmp" "$here" "${SUDO_USER:-/home/}"; do
            ! holds "$tmp/$file" "$word" || die "$file contains '$word'"
        done
        install -m 644 "$tmp/$file" "$out/$file"
    done
}

[ "$(id -u)" -eq 0 ] || die "needs root, for network namespaces"
need_programs
trap cleanup EXIT
trap 'exit 130' INT TERM
tmp=$(mktemp -d)
chmod 755 "$tmp"
make_net
start_router_advertisements
start_dns
start_web
start_postgres
start_sshd
make_sample
make_small
check_neutral
ls -l "$out"/sample*
