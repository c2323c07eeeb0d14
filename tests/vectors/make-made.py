#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Makes made.pcapng: one frame or more of every protocol that the library decodes.

    make-made.py [OUT.pcapng]

The same bytes at every run. Needs scapy (Debian: python3-scapy, tried with 2.5.0). Each frame's
pcapng comment says what it is. Lengths and checksums are right throughout, nothing is malformed.
"""
import os
import struct
import sys

# fmt: off
from scapy.all import (
    ARP, Dot1AD, Dot1Q, Dot3, Ether, GRE, GRE_PPTP, ICMP, IP, IPv6, LLC, PPP, Padding, PPPoE,
    PPPoED, Raw, SNAP, STP, TCP, UDP, VXLAN, raw,
)
from scapy.layers.inet import (
    IPOption_EOL, IPOption_LSRR, IPOption_NOP, IPOption_RR, IPOption_Router_Alert,
    IPOption_Security, IPOption_SSRR, IPOption_Timestamp, checksum, in4_chksum,
)
from scapy.layers.inet6 import (
    HAO, ICMPv6DestUnreach, ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6MLDMultAddrRec,
    ICMPv6MLDone, ICMPv6MLQuery, ICMPv6MLQuery2, ICMPv6MLReport, ICMPv6MLReport2, ICMPv6ND_NA,
    ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6ND_RS, ICMPv6ND_Redirect, ICMPv6NDOptDNSSL,
    ICMPv6NDOptDstLLAddr, ICMPv6NDOptMTU, ICMPv6NDOptPrefixInfo, ICMPv6NDOptRDNSS,
    ICMPv6NDOptRedirectedHdr, ICMPv6NDOptRouteInfo, ICMPv6NDOptSrcLLAddr, ICMPv6PacketTooBig,
    ICMPv6ParamProblem, ICMPv6TimeExceeded, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, IPv6ExtHdrSegmentRouting, MIP6MH_BRR, MIP6MH_BU, PadN,
    RouterAlert,
    in6_chksum,
)
from scapy.layers.ipsec import AH, ESP
from scapy.layers.sctp import (
    SCTP, SCTPChunkAbort, SCTPChunkCookieAck, SCTPChunkCookieEcho, SCTPChunkData,
    SCTPChunkHeartbeatReq, SCTPChunkInit, SCTPChunkInitAck, SCTPChunkSACK, SCTPChunkShutdown,
    SCTPChunkShutdownAck, SCTPChunkShutdownComplete, SCTPChunkParamHeartbeatInfo,
    SCTPChunkParamStateCookie,
)
from scapy.contrib.geneve import GENEVE, GeneveOptions
from scapy.contrib.gtp import GTP_U_Header, GTPEchoRequest, GTPHeader, GTPPDUSessionContainer
from scapy.contrib.igmp import IGMP
from scapy.contrib.igmpv3 import IGMPv3, IGMPv3gr, IGMPv3mq, IGMPv3mr
from scapy.contrib.mpls import MPLS
# fmt: on

sys.dont_write_bytecode = True
import pcapng

ETHERNET, NULL, LOOP, RAW, SLL, SLL2 = 1, 0, 108, 101, 113, 276
INTERFACES = (
    ('ethernet', ETHERNET),
    ('raw', RAW),
    ('null', NULL),
    ('loop', LOOP),
    ('sll', SLL),
    ('sll2', SLL2),
)
START_NS, STEP_NS = 1704067200 * 10**9, 1000001  # 2024-01-01, and a step that shows every digit

MAC_A, MAC_B = '02:00:00:00:00:0a', '02:00:00:00:00:0b'
A4, B4 = '192.0.2.1', '198.51.100.2'
A6, B6 = '2001:db8:1::1', '2001:db8:2::2'
LINK_A, LINK_B = 'fe80::a', 'fe80::b'


def eth(**fields):
    return Ether(**{'src': MAC_A, 'dst': MAC_B, **fields})


def ip4(**fields):
    return IP(**{'src': A4, 'dst': B4, **fields})


def ip6(**fields):
    return IPv6(**{'src': A6, 'dst': B6, **fields})


def tcp(**fields):
    return TCP(**{'sport': 40000, 'dport': 9, 'seq': 1000, 'ack': 2000, 'flags': 'PA', **fields})


def udp(**fields):
    return UDP(**{'sport': 40001, 'dport': 9, **fields})


def sealed(network, transport):
    """The transport header and data with their checksum, where scapy does not see it through AH."""
    return Raw(raw(network / transport)[len(raw(network)) :])


def text(n):
    return Raw((b'abcdefghijklmnopqrstuvwxyz' * (n // 26 + 1))[:n])


def link_frames():
    bpdu = STP(rootmac=MAC_A, bridgemac=MAC_A)
    llc = LLC(dsap=0x42, ssap=0x42, ctrl=3)
    yield 'eth: not IP, EtherType for local experiments', eth(type=0x88B5) / text(46)
    yield 'eth: 46 bytes of payload, 18 of them padding behind a UDP datagram without data', (
        eth() / ip4() / udp() / Padding(bytes(18))
    )
    yield 'eth: broadcast', eth(dst='ff:ff:ff:ff:ff:ff') / ip4(dst='192.0.2.255') / udp() / text(4)
    yield '802.3, llc: spanning tree', Dot3(src=MAC_A, dst='01:80:c2:00:00:00') / llc / bpdu
    yield '802.3, llc: supervisory frame, two bytes of control, padded', (
        Dot3(src=MAC_A, dst=MAC_B, len=4) / Raw(b'\x04\x04\x01\x00' + bytes(42))
    )
    yield '802.3, llc: XID', (
        Dot3(src=MAC_A, dst=MAC_B, len=6) / Raw(b'\x00\x01\xaf\x81\x01\x00' + bytes(40))
    )
    yield '802.3, llc, snap: IPv4', (
        Dot3(src=MAC_A, dst=MAC_B) / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(code=0x800) / ip4()
        / udp() / text(20)
    )
    yield '802.3, llc, snap: ARP', (
        Dot3(src=MAC_A, dst=MAC_B) / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(code=0x806)
        / arp_request()
    )
    yield '802.3, llc, snap: a protocol of the organisation 02-00-00', (
        Dot3(src=MAC_A, dst=MAC_B) / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(OUI=0x020000, code=1)
        / text(40)
    )


def vlan_frames():
    llc = LLC(dsap=0x42, ssap=0x42, ctrl=3)
    yield 'vlan: 802.1Q, VLAN 100', eth() / Dot1Q(vlan=100) / ip4() / tcp() / text(10)
    yield 'vlan: priority only, VLAN 0, drop eligible', (
        eth() / Dot1Q(vlan=0, prio=5, id=1) / ip6() / udp() / text(10)
    )
    yield 'vlan: 802.1ad outside, 802.1Q inside', (
        eth() / Dot1AD(vlan=200) / Dot1Q(vlan=100) / ip4() / udp() / text(10)
    )
    yield 'vlan: three 802.1Q tags', (
        eth() / Dot1Q(vlan=1) / Dot1Q(vlan=2) / Dot1Q(vlan=4094) / ip6() / tcp() / text(10)
    )
    yield 'vlan: ARP', eth() / Dot1Q(vlan=100) / arp_request()
    yield 'vlan: 802.3 length and LLC behind the tag', (
        eth(dst='01:80:c2:00:00:00') / Dot1Q(vlan=7, type=38) / llc
        / STP(rootmac=MAC_A, bridgemac=MAC_A)
    )


def mpls_frames():
    yield 'mpls: one label, IPv4', eth() / MPLS(label=16, s=1, ttl=64) / ip4() / udp() / text(10)
    yield 'mpls: three labels, IPv6', (
        eth() / MPLS(label=16, s=0, ttl=64) / MPLS(label=1048575, s=0, cos=5, ttl=63)
        / MPLS(label=18, s=1, ttl=62) / ip6() / tcp()
    )
    yield 'mpls: IPv4 explicit null', eth() / MPLS(label=0, s=1, ttl=64) / ip4() / tcp() / text(3)
    yield 'mpls: behind an 802.1Q tag', (
        eth() / Dot1Q(vlan=5, type=0x8847) / MPLS(label=20, s=1, ttl=64) / ip4() / icmp_echo()
    )


def ppp_frames():
    yield 'pppoe: discovery, PADI', (
        eth(dst='ff:ff:ff:ff:ff:ff', type=0x8863) / PPPoED(code=9, len=4) / Raw(b'\x01\x01\x00\x00')
        / Raw(bytes(36))
    )
    yield 'pppoe: discovery, PADO with a name', (
        eth(type=0x8863) / PPPoED(code=7, len=13) / Raw(b'\x01\x01\x00\x00\x01\x02\x00\x05pkts1')
        / Raw(bytes(27))
    )
    yield 'pppoe, ppp: LCP echo request', (
        eth() / PPPoE(sessionid=17, len=10) / PPP(proto=0xC021)
        / Raw(b'\x09\x01\x00\x08\x01\x02\x03\x04') / Raw(bytes(30))
    )
    yield 'pppoe, ppp: LCP configure request', (
        eth() / PPPoE(sessionid=17, len=16) / PPP(proto=0xC021)
        / Raw(b'\x01\x01\x00\x0e\x01\x04\x05\xd4\x05\x06\x01\x02\x03\x04') / Raw(bytes(24))
    )
    yield 'pppoe, ppp: IPv4', (
        eth() / PPPoE(sessionid=17) / PPP(proto=0x21) / ip4() / tcp() / text(10)
    )
    yield 'pppoe, ppp: IPv6', (
        eth() / PPPoE(sessionid=17) / PPP(proto=0x57) / ip6() / udp() / text(10)
    )
    yield 'pppoe, ppp: behind an 802.1Q tag', (
        eth() / Dot1Q(vlan=7) / PPPoE(sessionid=18) / PPP(proto=0x21) / ip4() / udp() / text(10)
    )


def arp_request():
    return ARP(op=1, hwsrc=MAC_A, psrc=A4, hwdst='00:00:00:00:00:00', pdst='192.0.2.2')


def arp_frames():
    yield 'arp: request', eth(dst='ff:ff:ff:ff:ff:ff') / arp_request() / Raw(bytes(18))
    yield 'arp: reply', (
        eth(src=MAC_B, dst=MAC_A) / ARP(op=2, hwsrc=MAC_B, psrc='192.0.2.2', hwdst=MAC_A, pdst=A4)
        / Raw(bytes(18))
    )
    yield 'arp: announcement of the own address', (
        eth(dst='ff:ff:ff:ff:ff:ff')
        / ARP(op=1, hwsrc=MAC_A, psrc=A4, hwdst='00:00:00:00:00:00', pdst=A4) / Raw(bytes(18))
    )


def ipv4_frames():
    listed = (
        (
            'record route',
            [IPOption_RR(routers=['192.0.2.9', '0.0.0.0'], pointer=8), IPOption_EOL()],
        ),
        (
            'time stamp',
            [IPOption_Timestamp(length=12, pointer=9, flg=0, timestamp=1000) / Raw(bytes(4))],
        ),
        ('router alert', [IPOption_Router_Alert()]),
        (
            'loose source route, no-operation, end of list',
            [IPOption_NOP(), IPOption_LSRR(routers=[B4], pointer=8)],
        ),
        ('strict source route', [IPOption_SSRR(routers=[B4], pointer=8), IPOption_EOL()]),
        ('security', [IPOption_Security(security=0xF135), IPOption_EOL()]),
        ('the full 40 bytes of no-operation', [IPOption_NOP()] * 40),
    )
    for name, options in listed:
        yield 'ipv4: option ' + name, eth() / ip4(options=options) / udp() / text(8)
    yield 'ipv4: an unknown transport protocol', eth() / ip4(proto=253) / text(30)
    yield 'ipv4: no payload', eth() / ip4(proto=255)
    datagram = raw(ip4() / udp() / text(100))[20:]
    for name, at, more in (('first', 0, 1), ('middle', 48, 1), ('last', 96, 0)):
        yield 'ipv4: %s fragment of a UDP datagram' % name, (
            eth() / ip4(id=77, flags=more, frag=at // 8, proto=17) / Raw(datagram[at : at + 48])
        )


def ipv6_frames():
    alert = IPv6ExtHdrHopByHop(options=[RouterAlert(value=0), PadN(optdata=b'')])
    segments = ['2001:db8:3::3', '2001:db8:4::4']
    yield 'ipv6: no next header', eth() / ip6(nh=59)
    yield 'ipv6: traffic class and flow label', (
        eth() / ip6(tc=0xB8, fl=0x12345, hlim=1) / udp() / text(8)
    )
    yield 'ipv6_hopopts: router alert', eth() / ip6() / alert / udp() / text(8)
    yield 'ipv6_hopopts: an unknown option of 20 bytes, which is to be skipped', (
        eth() / ip6(nh=0) / Raw(b'\x3b\x02\x1e\x14' + bytes(range(20)))
    )
    yield 'ipv6_dstopts: home address', (
        eth() / ip6() / IPv6ExtHdrDestOpt(options=[HAO(hoa='2001:db8:9::9')]) / tcp() / text(4)
    )
    yield 'ipv6_routing: type 0, nothing left', (
        eth() / ip6() / IPv6ExtHdrRouting(type=0, segleft=0, addresses=segments) / udp() / text(8)
    )
    yield 'ipv6_routing: type 2, mobility', (
        eth() / ip6() / IPv6ExtHdrRouting(type=2, segleft=1, addresses=['2001:db8:9::9']) / udp()
        / text(8)
    )
    yield 'ipv6_routing: type 4, segment routing', (
        eth() / ip6() / IPv6ExtHdrSegmentRouting(segleft=0, lastentry=1, addresses=segments) / tcp()
        / text(4)
    )
    yield 'ipv6_frag: an atomic fragment', (
        eth() / ip6() / IPv6ExtHdrFragment(id=5) / udp() / text(8)
    )
    datagram = raw(ip6() / udp() / text(100))[40:]
    for name, at, more in (('first', 0, 1), ('middle', 48, 1), ('last', 96, 0)):
        yield 'ipv6_frag: %s fragment of a UDP datagram' % name, (
            eth() / ip6() / IPv6ExtHdrFragment(id=78, m=more, offset=at // 8, nh=17)
            / Raw(datagram[at : at + 48])
        )
    yield 'ipv6: every extension header in the order that RFC 8200 recommends', (
        eth() / ip6() / alert / IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(4))])
        / IPv6ExtHdrRouting(type=0, segleft=0, addresses=segments[:1]) / IPv6ExtHdrFragment(id=6)
        / ah(60) / IPv6ExtHdrDestOpt(nh=17, options=[PadN(optdata=bytes(4))])
        / sealed(ip6(), udp() / text(8))
    )
    yield 'ipv6_mobility: binding refresh request', eth() / ip6() / MIP6MH_BRR(nh=59)
    yield 'ipv6_mobility: binding update of a node away from home', (
        eth() / ip6() / IPv6ExtHdrDestOpt(options=[HAO(hoa='2001:db8:9::9')])
        / MIP6MH_BU(nh=59, seq=8, flags='AH', mhtime=40, options=[])
    )
    yield 'ipv6_hip: I1', eth() / ip6(nh=139) / Raw(hip(lambda h: in6_chksum(139, ip6(), h)))
    yield 'ipv6_hip: I1 in IPv4', (
        eth() / ip4(proto=139) / Raw(hip(lambda h: in4_chksum(139, ip4(len=20 + len(h)), h)))
    )
    yield 'ipv6_shim6: in front of a payload', (
        eth() / ip6(nh=140) / Raw(b'\x11\x00' + (1 << 47 | 0x0123456789AB).to_bytes(6, 'big'))
        / sealed(ip6(), udp() / text(8))
    )
    yield 'ipv6_shim6: I1', eth() / ip6(nh=140) / Raw(shim6_i1())


def hip(sum_of):
    """RFC 7401 5.3.1: without the receiver's tag, as an opportunistic initiator sends it."""
    head = struct.pack('!BBBBHH', 59, 4, 1, 0x21, 0, 0) + bytes.fromhex('20010020' + '12345678' * 3)
    head += bytes(16)
    return head[:4] + struct.pack('!H', sum_of(head)) + head[6:]


def shim6_i1():
    """RFC 5533 5.4: context tag and nonce of the initiator."""
    head = struct.pack('!BBBBH', 59, 1, 1, 0, 0) + bytes.fromhex('0123456789ab 01020304')
    return head[:4] + struct.pack('!H', checksum(head)) + head[6:]


def ah(following):
    return AH(nh=following, payloadlen=4, spi=0x1001, seq=1, icv=bytes(range(12)), padding=b'')


def esp():
    return ESP(spi=0x2002, seq=2, data=bytes(range(100, 152)))


def ipsec_frames():
    yield 'ah: transport mode, TCP', eth() / ip4() / ah(6) / sealed(ip4(), tcp() / text(8))
    yield 'ah: tunnel mode, IPv4', (
        eth() / ip4() / ah(4) / ip4(src='203.0.113.1', dst='203.0.113.2') / udp() / text(8)
    )
    yield 'ah: IPv6, padded to 8 bytes', (
        eth() / ip6()
        / AH(nh=17, payloadlen=5, spi=0x1001, seq=1, icv=bytes(range(16)), padding=b'')
        / sealed(ip6(), udp() / text(8))
    )
    yield 'esp: IPv4', eth() / ip4() / esp()
    yield 'esp: IPv6', eth() / ip6() / esp()
    yield 'ah, esp: both', eth() / ip4() / ah(50) / esp()


def icmp_echo():
    return ICMP(type=8, id=7, seq=1) / text(16)


def icmp_frames():
    quote = Raw(raw(ip4(src=B4, dst=A4) / udp() / text(40))[:28])
    quoted_tcp = Raw(raw(ip4(src=B4, dst=A4) / tcp(flags='S', ack=0))[:40])
    yield 'icmp: echo request', eth() / ip4() / icmp_echo()
    yield 'icmp: echo reply', eth() / ip4() / ICMP(type=0, id=7, seq=1) / text(16)
    yield 'icmp: port unreachable', eth() / ip4() / ICMP(type=3, code=3) / quote
    yield 'icmp: fragmentation needed', (
        eth() / ip4() / ICMP(type=3, code=4, nexthopmtu=1400) / quoted_tcp
    )
    yield 'icmp: redirect', eth() / ip4() / ICMP(type=5, code=1, gw='192.0.2.254') / quote
    yield 'icmp: time exceeded', eth() / ip4() / ICMP(type=11, code=0) / quote
    yield 'icmp: parameter problem', eth() / ip4() / ICMP(type=12, code=0, ptr=20) / quote
    yield 'icmp: time stamp request', (
        eth() / ip4() / ICMP(type=13, id=7, seq=2, ts_ori=1000, ts_rx=0, ts_tx=0)
    )
    yield 'icmp: time stamp reply', (
        eth() / ip4() / ICMP(type=14, id=7, seq=2, ts_ori=1000, ts_rx=1001, ts_tx=1002)
    )
    yield 'icmp: router advertisement', (
        eth() / ip4(proto=1)
        / Raw(icmp_with_sum(b'\x09\0\0\0\x01\x02\x07\x08' + bytes((192, 0, 2, 1)) + bytes(4)))
    )


def icmp_with_sum(message):
    return message[:2] + struct.pack('!H', checksum(message)) + message[4:]


def icmpv6_frames():
    near, group = {'src': LINK_A, 'hlim': 255}, {'dst': 'ff02::1', 'hlim': 255, 'src': LINK_A}
    quote = Raw(raw(ip6(src=B6, dst=A6) / udp() / text(40))[:80])
    quoted_tcp = Raw(raw(ip6(src=B6, dst=A6) / tcp(flags='S', ack=0)))
    source, target = ICMPv6NDOptSrcLLAddr(lladdr=MAC_A), ICMPv6NDOptDstLLAddr(lladdr=MAC_A)
    alert = IPv6ExtHdrHopByHop(options=[RouterAlert(value=0), PadN(optdata=b'')])
    mld = {'src': LINK_A, 'hlim': 1, 'dst': 'ff02::16'}
    yield 'icmpv6: echo request', eth() / ip6() / ICMPv6EchoRequest(id=7, seq=1, data=b'abcdefgh')
    yield 'icmpv6: echo reply', eth() / ip6() / ICMPv6EchoReply(id=7, seq=1, data=b'abcdefgh')
    yield 'icmpv6: port unreachable', eth() / ip6() / ICMPv6DestUnreach(code=4) / quote
    yield 'icmpv6: packet too big', eth() / ip6() / ICMPv6PacketTooBig(mtu=1280) / quoted_tcp
    yield 'icmpv6: time exceeded', eth() / ip6() / ICMPv6TimeExceeded(code=0) / quote
    yield 'icmpv6: parameter problem', eth() / ip6() / ICMPv6ParamProblem(code=1, ptr=6) / quote
    yield 'icmpv6: router solicitation', (
        eth() / ip6(**{**near, 'dst': 'ff02::2'}) / ICMPv6ND_RS() / source
    )
    yield 'icmpv6: router advertisement with prefix, MTU, route, DNS servers and search list', (
        eth() / ip6(**group) / ICMPv6ND_RA(routerlifetime=1800) / source / ICMPv6NDOptMTU(mtu=1500)
        / ICMPv6NDOptPrefixInfo(
            prefix='2001:db8:1::', prefixlen=64, validlifetime=86400, preferredlifetime=14400
        )
        / ICMPv6NDOptRouteInfo(len=3, plen=48, prefix='2001:db8:7::', rtlifetime=600)
        / ICMPv6NDOptRDNSS(dns=[B6], lifetime=600)
        / ICMPv6NDOptDNSSL(searchlist=['example.org'], lifetime=600)
    )
    yield 'icmpv6: neighbour solicitation', (
        eth() / ip6(**{**near, 'dst': 'ff02::1:ff00:b'}) / ICMPv6ND_NS(tgt=LINK_B) / source
    )
    yield 'icmpv6: neighbour solicitation with a nonce, for address detection', (
        eth() / ip6(src='::', dst='ff02::1:ff00:b', hlim=255) / ICMPv6ND_NS(tgt=LINK_B)
        / Raw(b'\x0e\x01abcdef')
    )
    yield 'icmpv6: neighbour advertisement', (
        eth() / ip6(**{**near, 'dst': LINK_B}) / ICMPv6ND_NA(R=0, S=1, O=1, tgt=LINK_A) / target
    )
    yield 'icmpv6: redirect', (
        eth() / ip6(**{**near, 'dst': LINK_B}) / ICMPv6ND_Redirect(tgt=LINK_A, dst=B6) / target
        / ICMPv6NDOptRedirectedHdr(len=11, pkt=quote)
    )
    yield 'icmpv6: MLDv1 query', (
        eth() / ip6(**{**mld, 'dst': 'ff02::1'}) / alert / ICMPv6MLQuery(mladdr='::')
    )
    yield 'icmpv6: MLDv1 report', (
        eth() / ip6(**{**mld, 'dst': 'ff0e::db8:0:1'}) / alert
        / ICMPv6MLReport(mladdr='ff0e::db8:0:1')
    )
    yield 'icmpv6: MLDv1 done', (
        eth() / ip6(**{**mld, 'dst': 'ff02::2'}) / alert / ICMPv6MLDone(mladdr='ff0e::db8:0:1')
    )
    yield 'icmpv6: MLDv2 query', (
        eth() / ip6(**{**mld, 'dst': 'ff02::1'}) / alert / ICMPv6MLQuery2(mladdr='::', sources=[])
    )
    yield 'icmpv6: MLDv2 report', (
        eth() / ip6(**mld) / alert
        / ICMPv6MLReport2(
            records=[
                ICMPv6MLDMultAddrRec(rtype=4, dst='ff0e::db8:0:1', sources=[]),
                ICMPv6MLDMultAddrRec(rtype=5, dst='ff0e::db8:0:2', sources=[A6]),
            ]
        )
    )


def multicast_mac(address):
    """RFC 1112 6.4: the address's last 23 bits."""
    low = bytes_of4(address)[1:]
    return '01:00:5e:%02x:%02x:%02x' % (low[0] & 0x7F, low[1], low[2])


def igmp_frames():
    def near(dst):
        alert = [IPOption_Router_Alert()]
        return eth(dst=multicast_mac(dst)) / ip4(dst=dst, ttl=1, options=alert, proto=2)

    yield 'igmp: version 1 report', (
        near('233.252.0.1') / IGMP(type=0x12, mrcode=0, gaddr='233.252.0.1')
    )
    yield 'igmp: version 2 query', near('224.0.0.1') / IGMP(type=0x11, mrcode=100, gaddr='0.0.0.0')
    yield 'igmp: version 2 report', (
        near('233.252.0.1') / IGMP(type=0x16, mrcode=0, gaddr='233.252.0.1')
    )
    yield 'igmp: version 2 leave', (
        near('224.0.0.2') / IGMP(type=0x17, mrcode=0, gaddr='233.252.0.1')
    )
    yield 'igmp: version 3 query of a group and a source', (
        near('233.252.0.1') / IGMPv3(type=0x11, mrcode=100)
        / IGMPv3mq(gaddr='233.252.0.1', qrv=2, qqic=125, srcaddrs=[A4])
    )
    yield 'igmp: version 3 report', (
        near('224.0.0.22') / IGMPv3(type=0x22, mrcode=0)
        / IGMPv3mr(
            records=[
                IGMPv3gr(rtype=4, maddr='233.252.0.1'),
                IGMPv3gr(rtype=5, maddr='233.252.0.2', srcaddrs=[A4]),
            ]
        )
    )


def tcp_frames():
    usual = [('MSS', 1460), ('SAckOK', b''), ('Timestamp', (1000, 0)), ('NOP', None), ('WScale', 7)]
    listed = (
        ('usual at opening', 'S', usual),
        (
            'SACK, two blocks',
            'A',
            [('NOP', None), ('NOP', None), ('SAck', (3000, 4000, 5000, 6000))],
        ),
        (
            'SACK and time stamps',
            'A',
            [
                ('NOP', None),
                ('NOP', None),
                ('Timestamp', (1001, 900)),
                ('NOP', None),
                ('NOP', None),
                ('SAck', (3000, 4000)),
            ],
        ),
        ('MD5 signature', 'PA', [('NOP', None), ('NOP', None), (19, bytes(range(16)))]),
        ('authentication (AO)', 'PA', [(29, b'\x01\x02' + bytes(range(12)))]),
        (
            'fast open cookie',
            'S',
            [('MSS', 1460), (34, bytes(range(8))), ('NOP', None), ('NOP', None)],
        ),
        (
            'fast open request without a cookie',
            'S',
            [('MSS', 1460), (34, b''), ('NOP', None), ('NOP', None)],
        ),
        ('user timeout', 'A', [(28, b'\x80\x05')]),
        ('MPTCP, MP_CAPABLE', 'S', [('MSS', 1460), (30, b'\x01\x01')]),
        ('MPTCP, MP_JOIN', 'S', [(30, b'\x10\x01' + bytes(range(8)))]),
        ('MPTCP, DSS with data acknowledgement', 'A', [(30, b'\x20\x01\0\0\0\1')]),
        ('experiment (253)', 'S', [(253, b'\xf9\x89'), ('EOL', None)]),
        ('the full 40 bytes of no-operation', 'A', [('NOP', None)] * 40),
    )
    for name, flags, options in listed:
        yield 'tcp: options: ' + name, (
            eth() / ip4() / tcp(flags=flags, options=options, ack=2000 if 'A' in flags else 0)
        )
    yield 'tcp: urgent data', eth() / ip4() / tcp(flags='PAU', urgptr=3) / text(10)
    yield 'tcp: ECN echo and congestion window reduced', eth() / ip4(tos=1) / tcp(flags='AEC')
    yield 'tcp: every flag, NS too', eth() / ip6() / tcp(flags=0x1FF) / text(4)
    yield 'tcp: no flag', eth() / ip6() / tcp(flags=0)
    yield 'tcp: reset with a reason as data', eth() / ip4() / tcp(flags='RA') / Raw(b'no such port')
    yield 'tcp: IPv6, opening', eth() / ip6() / tcp(flags='S', ack=0, options=usual)


def udplite(network, data, coverage):
    """UDP-Lite, RFC 3828: the checksum covers the first `coverage` bytes, 0: all of them."""
    length = 8 + len(data)
    bare = struct.pack('!HHHH', 40002, 9, coverage, 0) + data
    covered = bare[: coverage or length]
    if isinstance(network, IPv6):
        from_to = (
            bytes_of6(network.src)
            + bytes_of6(network.dst)
            + struct.pack('!IHBB', length, 0, 0, 136)
        )
    else:
        from_to = (
            bytes_of4(network.src) + bytes_of4(network.dst) + struct.pack('!BBH', 0, 136, length)
        )
    return Raw(bare[:6] + struct.pack('!H', checksum(from_to + covered) or 0xFFFF) + data)


def bytes_of4(address):
    return bytes(map(int, address.split('.')))


def bytes_of6(address):
    return raw(IPv6(src=address))[8:24]


def udp_frames():
    yield 'udp: IPv4', eth() / ip4() / udp() / text(11)
    yield 'udp: IPv4 without a checksum', eth() / ip4() / udp(chksum=0) / text(11)
    yield 'udp: IPv6', eth() / ip6() / udp() / text(11)
    yield 'udp: no data', eth() / ip6() / udp()
    yield 'udplite: all covered', eth() / ip4(proto=136) / udplite(ip4(), b'all of this', 0)
    yield 'udplite: the header covered', eth() / ip4(proto=136) / udplite(ip4(), b'none of this', 8)
    yield 'udplite: IPv6, header and 4 bytes covered', (
        eth() / ip6(nh=136) / udplite(ip6(), b'some of this', 12)
    )


def sctp(**fields):
    return SCTP(**{'sport': 40003, 'dport': 9, 'tag': 0x01020304, **fields})


def sctp_chunk(kind, flags, body):
    return Raw(struct.pack('!BBH', kind, flags, 4 + len(body)) + body + bytes(-len(body) % 4))


def sctp_frames():
    opening = {
        'init_tag': 0x01020304,
        'a_rwnd': 65536,
        'n_out_streams': 10,
        'n_in_streams': 10,
        'init_tsn': 1,
    }
    data = {
        'reserved': 0,
        'beginning': 1,
        'ending': 1,
        'tsn': 1,
        'stream_id': 1,
        'stream_seq': 0,
        'proto_id': 0,
    }
    cookie = bytes(range(32))
    yield 'sctp: INIT', eth() / ip4() / sctp(tag=0) / SCTPChunkInit(**opening)
    yield 'sctp: INIT ACK', (
        eth() / ip4() / sctp()
        / SCTPChunkInitAck(**opening, params=[SCTPChunkParamStateCookie(cookie=cookie)])
    )
    yield 'sctp: COOKIE ECHO and DATA in one packet', (
        eth() / ip4() / sctp() / SCTPChunkCookieEcho(cookie=cookie)
        / SCTPChunkData(**data, data=b'abcd')
    )
    yield 'sctp: COOKIE ACK', eth() / ip4() / sctp() / SCTPChunkCookieAck()
    yield 'sctp: two DATA chunks of 5 bytes, padded', (
        eth() / ip4() / sctp() / SCTPChunkData(**data, data=b'abcde')
        / SCTPChunkData(**{**data, 'tsn': 2}, data=b'fghij')
    )
    yield 'sctp: SACK with a gap and a duplicate', (
        eth() / ip4() / sctp()
        / SCTPChunkSACK(cumul_tsn_ack=2, a_rwnd=65536, gap_ack_list=['2:3'], dup_tsn_list=[1])
    )
    yield 'sctp: HEARTBEAT', (
        eth() / ip6() / sctp()
        / SCTPChunkHeartbeatReq(params=[SCTPChunkParamHeartbeatInfo(data=b'12345678')])
    )
    yield 'sctp: I-DATA', (
        eth() / ip6() / sctp()
        / sctp_chunk(64, 3, struct.pack('!IHHII', 3, 1, 0, 0, 0) + b'interleaved')
    )
    yield 'sctp: FORWARD TSN', (
        eth() / ip6() / sctp() / sctp_chunk(192, 0, struct.pack('!IHH', 4, 1, 2))
    )
    yield 'sctp: SHUTDOWN', eth() / ip6() / sctp() / SCTPChunkShutdown(cumul_tsn_ack=2)
    yield 'sctp: SHUTDOWN ACK', eth() / ip6() / sctp() / SCTPChunkShutdownAck()
    yield 'sctp: SHUTDOWN COMPLETE', eth() / ip6() / sctp() / SCTPChunkShutdownComplete()
    yield 'sctp: ABORT', eth() / ip4() / sctp() / SCTPChunkAbort()


def inner4():
    return IP(src='203.0.113.1', dst='203.0.113.2') / udp() / text(12)


def inner6():
    return IPv6(src='2001:db8:a::1', dst='2001:db8:a::2') / tcp() / text(12)


def inner_eth():
    return Ether(src='02:00:00:00:01:0a', dst='02:00:00:00:01:0b')


def ip_tunnel_frames():
    yield 'ipv4 in ipv4', eth() / ip4() / inner4()
    yield 'ipv6 in ipv4', eth() / ip4(proto=41) / inner6()
    yield 'ipv4 in ipv6', eth() / ip6(nh=4) / inner4()
    yield 'ipv6 in ipv6', eth() / ip6(nh=41) / inner6()


def gre_frames():
    every = {
        'chksum_present': 1,
        'key_present': 1,
        'seqnum_present': 1,
        'key': 0x1234,
        'sequence_number': 5,
    }
    yield 'gre: IPv4', eth() / ip4() / GRE() / inner4()
    yield 'gre: checksum, key and sequence number; IPv6', (
        eth() / ip4() / GRE(proto=0x86DD, **every) / inner6()
    )
    yield 'gre: key only, over IPv6', eth() / ip6(nh=47) / GRE(key_present=1, key=9) / inner4()
    yield 'gre: Ethernet (TEB)', eth() / ip4() / GRE(proto=0x6558) / inner_eth() / inner4()
    yield 'gre: MPLS', eth() / ip4() / GRE(proto=0x8847) / MPLS(label=16, s=1, ttl=64) / inner4()
    yield 'gre: version 1 (PPTP) with PPP', (
        eth() / ip4()
        / GRE_PPTP(call_id=3, seqnum_present=1, seqence_number=1, acknum_present=1, ack_number=0)
        / PPP(b'\xff\x03\x00\x21' + raw(inner4()))
    )


def vxlan_frames():
    vni = {'flags': 8, 'vni': 4096}
    yield 'vxlan: no UDP checksum', (
        eth() / ip4() / UDP(sport=50000, dport=4789, chksum=0) / VXLAN(**vni) / inner_eth()
        / inner4()
    )
    yield 'vxlan: over IPv6', (
        eth() / ip6() / UDP(sport=50000, dport=4789) / VXLAN(**vni) / inner_eth() / inner6()
    )
    yield 'vxlan: a tag inside', (
        eth() / ip4() / UDP(sport=50001, dport=4789) / VXLAN(**vni) / inner_eth() / Dot1Q(vlan=9)
        / inner6()
    )
    yield 'vxlan: ARP inside, a tag outside', (
        eth() / Dot1Q(vlan=8) / ip4() / UDP(sport=50001, dport=4789) / VXLAN(**vni) / inner_eth()
        / arp_request()
    )


def geneve_frames():
    options = [
        GeneveOptions(classid=0x0102, type=0x80, length=1, data=b'abcd'),
        GeneveOptions(classid=0xFFFF, type=1, length=0),
    ]
    yield 'geneve: Ethernet', (
        eth() / ip4() / UDP(sport=50002, dport=6081) / GENEVE(vni=77) / inner_eth() / inner4()
    )
    yield 'geneve: two options', (
        eth() / ip4() / UDP(sport=50002, dport=6081) / GENEVE(vni=77, critical=1, options=options)
        / inner_eth() / inner6()
    )
    yield 'geneve: IPv4 without Ethernet, over IPv6', (
        eth() / ip6() / UDP(sport=50002, dport=6081) / GENEVE(vni=78, proto=0x0800) / inner4()
    )


def gtp_frames():
    def port(number, **fields):
        return eth() / ip4(**fields) / UDP(sport=number, dport=number)

    yield 'gtp: user data, IPv4', (
        port(2152) / GTP_U_Header(teid=0x11223344, gtp_type=255) / inner4()
    )
    yield 'gtp: user data with a sequence number, IPv6', (
        port(2152) / GTP_U_Header(teid=1, gtp_type=255, S=1, seq=10) / inner6()
    )
    yield 'gtp: user data with a PDU session container', (
        port(2152) / GTP_U_Header(teid=2, gtp_type=255, E=1, next_ex=0x85)
        / GTPPDUSessionContainer(type=0, QFI=5) / inner4()
    )
    yield 'gtp: over IPv6', (
        eth() / ip6() / UDP(sport=2152, dport=2152) / GTP_U_Header(teid=3, gtp_type=255) / inner4()
    )
    yield 'gtp: echo request', port(2152) / GTP_U_Header(teid=0, gtp_type=1, S=1, seq=11)
    yield 'gtp: end marker', port(2152) / GTP_U_Header(teid=3, gtp_type=254)
    yield 'gtp: control plane (version 1), echo request', (
        port(2123) / GTPHeader(teid=0, S=1, seq=12) / GTPEchoRequest()
    )


def ethernet_frames():
    for make in (
        link_frames,
        vlan_frames,
        mpls_frames,
        ppp_frames,
        arp_frames,
        ipv4_frames,
        ipv6_frames,
        ipsec_frames,
        icmp_frames,
        icmpv6_frames,
        igmp_frames,
        tcp_frames,
        udp_frames,
        sctp_frames,
        ip_tunnel_frames,
        gre_frames,
        vxlan_frames,
        geneve_frames,
        gtp_frames,
    ):
        yield from make()


def raw_frames():
    yield 'raw: IPv4', ip4() / tcp() / text(10)
    yield 'raw: IPv6', ip6() / udp() / text(10)


def null_frames():
    """Address family in the writer's byte order, here little-endian. IPv6 differs by system."""
    yield 'null: IPv4', Raw(struct.pack('<I', 2)) / ip4() / tcp() / text(10)
    for system, family in (('NetBSD and OpenBSD', 24), ('FreeBSD', 28), ('macOS', 30)):
        yield 'null: IPv6 as on ' + system, (
            Raw(struct.pack('<I', family)) / ip6() / udp() / text(10)
        )
    yield 'null: IPv4, written by a big-endian machine', (
        Raw(struct.pack('>I', 2)) / ip4() / udp() / text(10)
    )


def loop_frames():
    yield 'null (loop): IPv4', Raw(struct.pack('>I', 2)) / ip4() / tcp() / text(10)
    yield 'null (loop): IPv6', Raw(struct.pack('>I', 24)) / ip6() / udp() / text(10)


def sll_header(kind, protocol):
    return Raw(
        struct.pack('!HHH', kind, 1, 6)
        + bytes.fromhex(MAC_A.replace(':', ''))
        + bytes(2)
        + struct.pack('!H', protocol)
    )


def sll2_header(kind, protocol):
    return Raw(
        struct.pack('!HHIHBB', protocol, 0, 3, 1, kind, 6)
        + bytes.fromhex(MAC_A.replace(':', ''))
        + bytes(2)
    )


def cooked_frames(name, header):
    yield name + ': IPv4, received', header(0, 0x800) / ip4() / tcp() / text(10)
    yield name + ': IPv6, sent', header(4, 0x86DD) / ip6() / udp() / text(10)
    yield name + ': ARP, broadcast', header(1, 0x806) / arp_request()
    yield name + ': 802.1Q tag', (
        header(0, 0x8100) / Raw(struct.pack('!HH', 100, 0x800)) / ip4() / udp() / text(10)
    )
    yield name + ': 802.2 LLC, multicast', (
        header(2, 4) / LLC(dsap=0x42, ssap=0x42, ctrl=3) / STP(rootmac=MAC_A, bridgemac=MAC_A)
    )


def all_frames():
    """(interface number, comment, bytes)"""
    makers = (
        ethernet_frames(),
        raw_frames(),
        null_frames(),
        loop_frames(),
        cooked_frames('sll', sll_header),
        cooked_frames('sll2', sll2_header),
    )
    for number, frames in enumerate(makers):
        for comment, packet in frames:
            yield number, comment, raw(packet)


def main(arguments):
    out = (
        arguments[0]
        if arguments
        else os.path.join(os.path.dirname(os.path.abspath(__file__)), 'made.pcapng')
    )
    blocks = [pcapng.interface(linktype, name, 262144) for name, linktype in INTERFACES]
    frames = list(all_frames())
    for at, (number, comment, data) in enumerate(frames):
        blocks.append(pcapng.packet(number, START_NS + at * STEP_NS, data, comment=comment))
    pcapng.write(out, blocks)
    print('%s: %d frames' % (out, len(frames)))


if __name__ == '__main__':
    main(sys.argv[1:])
