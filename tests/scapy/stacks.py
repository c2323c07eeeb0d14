# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Random stacks of layers, each of them twice: as an expression for pkts-craft, and as a scapy packet.

Fields whose defaults differ are always given; what both derive (lengths, checksums, what follows) is left to
them, except where scapy has to be told.
"""
import logging
import random

logging.getLogger('scapy.runtime').setLevel(logging.ERROR)
# pylint: disable=wrong-import-position,no-name-in-module,import-error
from scapy.contrib.geneve import GENEVE, GeneveOptions
from scapy.contrib.gtp import GTP_U_Header, GTPPDUSessionContainer
from scapy.contrib.igmp import IGMP
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption, IPOption_LSRR, IPOption_Router_Alert, IPOption_RR
from scapy.layers.inet6 import (HBHOptUnknown, ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6ND_NS, ICMPv6NDOptSrcLLAddr,
                                ICMPv6PacketTooBig, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
                                IPv6ExtHdrRouting, IPv6ExtHdrSegmentRouting, RouterAlert)
from scapy.layers.ipsec import AH, ESP
from scapy.layers.l2 import (ARP, GRE, GRE_PPTP, LLC, SNAP, CookedLinux, CookedLinuxV2, Dot1Q, Dot3, Ether)
from scapy.layers.ppp import PPP, PPPoE
from scapy.layers.sctp import (SCTP, SCTPChunkCookieAck, SCTPChunkData, SCTPChunkInit, SCTPChunkSACK, SCTPChunkShutdown)
from scapy.layers.vxlan import VXLAN
from scapy.packet import Padding, Raw

PORTS = range(61000, 62000)  # that no dissector claims
ETHERTYPES = {IP: 0x0800, IPv6: 0x86dd, ARP: 0x0806, Dot1Q: 0x8100, MPLS: 0x8847, PPPoE: 0x8864, Ether: 0x6558,
              PPP: 0x880b}
PROTOCOLS = {IP: 4, IPv6: 41, TCP: 6, UDP: 17, ICMP: 1, IGMP: 2, SCTP: 132, GRE: 47, GRE_PPTP: 47, AH: 51, ESP: 50,
             MPLS: 137, IPv6ExtHdrHopByHop: 0, IPv6ExtHdrRouting: 43, IPv6ExtHdrSegmentRouting: 43,
             IPv6ExtHdrFragment: 44, IPv6ExtHdrDestOpt: 60, ICMPv6EchoRequest: 58, ICMPv6EchoReply: 58,
             ICMPv6ND_NS: 58, ICMPv6PacketTooBig: 58}
NOTHING = (None, None)


def spaced(data):
    return data.hex(' ')


def join(outer, inner):
    """Both forms of a layer around both forms of what it carries."""
    (text, packet), (inner_text, inner_packet) = outer, inner
    if inner_text is None:
        return text, packet
    return f'{text}/{inner_text}', packet / inner_packet


def kind(inner):
    if isinstance(inner[1], IGMP):
        return IGMP  # newer versions of scapy have a class for each type
    return type(inner[1]) if inner[1] is not None else None


def compressed(number):
    """What makes scapy write a PPP protocol into one byte: a small number before 2.6, bytes since."""
    return number if len(bytes(PPP(proto=number))) == 1 else bytes([number])


class Stacks:
    """Makes the stacks of one seed."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.wrong = False  # the latest stack holds a value that is wrong on purpose

    # Values

    def chance(self, n):
        return self.r.randrange(n) == 0

    def bits(self, n):
        return self.r.getrandbits(n)

    def mac(self):
        return ':'.join(f'{b:02x}' for b in bytes([self.bits(8) & 0xfe]) + self.r.randbytes(5))

    def ipv4_address(self):
        return '.'.join(str(b) for b in (self.r.randrange(1, 224), *self.r.randbytes(3)))

    def ipv6_address(self):
        groups = [0x2001, 0xdb8] + [self.bits(16) if self.chance(2) else 0 for _ in range(6)]
        return ':'.join(f'{g:x}' for g in groups)

    def port(self):
        return self.r.choice(PORTS)

    def number(self, text, n):
        """Decimal or hexadecimal, as people do."""
        return f'{text}={n}' if self.chance(2) else f'{text}=0x{n:x}'

    # Payload

    def data(self):
        n = self.r.choice((0, 1, 2, 3, 7, 8, 31, 64, self.r.randrange(300), self.r.randrange(300), self.r.randrange(1400)))
        return self.r.randbytes(n)

    def payload(self):
        choice = self.r.randrange(6)
        if choice == 0:
            return NOTHING
        if choice == 1:
            n = self.r.randrange(1, 500)
            return f'zeros({n})', Raw(bytes(n))
        if choice == 2:
            text = ''.join(self.r.choice('GET /index.html HTTP\r\n"\\') for _ in range(self.r.randrange(1, 60)))
            quoted = text.replace('\\', '\\\\').replace('"', '\\"').replace('\r', '\\r').replace('\n', '\\n')
            return f'"{quoted}"', Raw(text.encode())
        data = self.data()
        return (f'hex({spaced(data)})', Raw(data)) if data else NOTHING

    # Link layers

    def frame(self, depth):
        inner = self.behind_ethertype(depth)
        dst, src = self.mac(), self.mac()
        text, fields = f'dst={dst},src={src}', {'dst': dst, 'src': src}
        if kind(inner) in (None, Raw):
            text, fields['type'] = text + ',type=0x88b5', 0x88b5
        elif kind(inner) is Dot1Q and self.chance(4):
            text, fields['type'] = text + ',type=0x88a8', 0x88a8
        return join((f'eth({text})', Ether(**fields)), inner)

    def behind_ethertype(self, depth):
        choose = self.r.choices(
            (self.vlan, self.mpls, self.pppoe, self.arp, self.ip, self.payload), (3, 2, 1, 1, 12, 1))[0]
        return choose() if choose in (self.arp, self.payload) else choose(depth)

    def vlan(self, depth):
        inner = self.behind_ethertype(depth + 1) if depth < 5 else self.ip(depth)
        pcp, dei, vid = self.bits(3), self.bits(1), self.bits(12)
        text, fields = f'pcp={pcp},dei={dei},id={vid}', {'prio': pcp, 'id': dei, 'vlan': vid}
        if kind(inner) in (None, Raw):
            text, fields['type'] = text + ',type=0x88b5', 0x88b5
        return join((f'vlan({text})', Dot1Q(**fields)), inner)

    def mpls(self, depth):
        inner = self.mpls(depth + 1) if self.chance(2) and depth < 5 else self.ip(depth + 1)
        label, cos, ttl = self.r.randrange(16, 1 << 20), self.bits(3), self.bits(8)
        bottom = int(kind(inner) is not MPLS)
        return join((f'mpls(label={label},tc={cos},ttl={ttl})', MPLS(label=label, cos=cos, ttl=ttl, s=bottom)), inner)

    def ppp(self, depth):
        """scapy knows protocols compressed to one byte only; those of two bytes are bytes to it."""
        inner = self.ip(depth + 1)
        number = {IP: 0x21, IPv6: 0x57}[kind(inner)]
        if self.chance(2):
            return join((f'ppp(first=0x{number:x})', PPP(proto=compressed(number))), inner)
        return join(('ppp', Raw(number.to_bytes(2, 'big'))), inner)

    def pppoe(self, depth):
        session = self.bits(16)
        return join((f'pppoe({self.number("session", session)})', PPPoE(sessionid=session)), self.ppp(depth))

    def arp(self):
        op, sha, tha = self.r.choice((1, 2)), self.mac(), self.mac()
        spa, tpa = self.ipv4_address(), self.ipv4_address()
        return (f'arp(operation={op},sha={sha},spa={spa},tha={tha},tpa={tpa})',
                ARP(op=op, hwsrc=sha, psrc=spa, hwdst=tha, pdst=tpa, hwlen=6, plen=4))

    def llc_frame(self, depth):
        dst, src = self.mac(), self.mac()
        eth = f'eth(dst={dst},src={src})', Dot3(dst=dst, src=src)
        if self.chance(2):
            dsap, data = self.r.choice((0x2e, 0x64)), self.data()  # SAPs that are nobody's
            inner = (f'hex({spaced(data)})', Raw(data)) if data else NOTHING
            return join(eth, join((f'llc(dsap={dsap},ssap={dsap},control=3)', LLC(dsap=dsap, ssap=dsap, ctrl=3)), inner))
        inner = self.r.choice((self.ip(depth + 1), self.arp()))
        snap = 'snap', SNAP(OUI=0, code=ETHERTYPES[kind(inner)])
        return join(eth, join(('llc', LLC(dsap=0xaa, ssap=0xaa, ctrl=3)), join(snap, inner)))

    def cooked(self, depth):
        inner = self.ip(depth)
        src, pkttype, proto = self.r.randbytes(6) + b'\0\0', self.r.randrange(5), ETHERTYPES[kind(inner)]
        if self.chance(2):
            layer = (f'sll(packet_type={pkttype},addr={src.hex()})',
                     CookedLinux(pkttype=pkttype, lladdrtype=1, lladdrlen=6, src=src, proto=proto))
        else:
            index = self.bits(16)
            layer = (f'sll2(packet_type={pkttype},ifindex={index},addr={src.hex()})',
                     CookedLinuxV2(proto=proto, ifindex=index, lladdrtype=1, pkttype=pkttype, lladdrlen=6, src=src))
        return join(layer, inner)

    # IP

    def ip(self, depth):
        return self.ipv4(depth) if self.chance(2) else self.ipv6(depth)

    def ipv4_options(self):
        options, texts = [], []
        for _ in range(self.r.randrange(1, 4)):
            choice = self.r.randrange(4)
            if choice == 0:
                value = self.bits(16)
                options.append(IPOption_Router_Alert(alert=value))
                texts.append(f'router_alert={value}')
            elif choice == 1:
                options.append(IPOption(b'\x01'))
                texts.append('nop')
            elif choice == 2:
                routers = [self.ipv4_address() for _ in range(self.r.randrange(1, 3))]
                options.append(IPOption_RR(routers=routers))
                texts.append('record_route=hex(04 ' + ''.join(f'{int(b):02x}' for a in routers for b in a.split('.')) + ')')
            else:
                routers = [self.ipv4_address()]
                if not any(isinstance(option, IPOption_LSRR) for option in options):
                    options.append(IPOption_LSRR(routers=routers, pointer=4))
                    texts.append('loose_route=hex(04 ' + ''.join(f'{int(b):02x}' for b in routers[0].split('.')) + ')')
        return options, texts

    def ipv4(self, depth):
        frag = self.r.choice((0, self.bits(5))) if self.chance(12) else 0
        inner = (f'hex({"5a" * 48})', Raw(b'Z' * 48)) if frag else self.transport4(depth)
        dscp, ecn, ident, ttl = self.bits(6), self.bits(2), self.bits(16), self.bits(8)
        evil, df, mf = int(self.chance(20)), self.bits(1), int(frag != 0 and self.chance(2))
        src, dst = self.ipv4_address(), self.ipv4_address()
        text = (f'dscp={dscp},ecn={ecn},{self.number("id", ident)},rf={evil},df={df},mf={mf},frag_offset={frag},'
                f'ttl={ttl},src={src},dst={dst}')
        fields = {'tos': dscp << 2 | ecn, 'id': ident, 'flags': evil << 2 | df << 1 | mf, 'frag': frag, 'ttl': ttl,
                  'src': src, 'dst': dst}
        if kind(inner) in PROTOCOLS:
            fields['proto'] = PROTOCOLS[kind(inner)]
        else:
            text, fields['proto'] = text + ',protocol=253', 253
        if self.chance(5):
            fields['options'], texts = self.ipv4_options()
            text += f',opts=[{",".join(texts)}]'
        elif kind(inner) is IGMP:  # scapy adds it since 2.7, wherever there is no option
            fields['options'] = [IPOption_Router_Alert()]
            text += ',opts=[router_alert=0]'
        if self.chance(40):
            text, fields['chksum'], self.wrong = text + ',csum=0xbad', 0xbad, True
        return join((f'ipv4({text})', IP(**fields)), inner)

    def ipv6(self, depth):
        first = self.extension(depth, True) if self.chance(3) else self.transport6(depth)
        dscp, ecn, flow, hops = self.bits(6), self.bits(2), self.bits(20), self.bits(8)
        src, dst = self.ipv6_address(), self.ipv6_address()
        return join((f'ipv6(dscp={dscp},ecn={ecn},flow=0x{flow:x},hop_limit={hops},src={src},dst={dst})',
                     IPv6(tc=dscp << 2 | ecn, fl=flow, hlim=hops, src=src, dst=dst, nh=self.next_of(first))), first)

    def next_of(self, inner):
        return PROTOCOLS.get(kind(inner), 59)

    def extension(self, depth, first=False):
        choices = [self.dstopts, self.routing, self.segments, self.fragment] + [self.hopopts] * 2 * first
        choose = self.r.choice(choices)
        if choose == self.fragment:
            return self.fragment(depth)
        inner = self.extension(depth) if self.chance(3) else self.transport6(depth)
        return choose(inner)

    def options6(self):
        options, texts = [], []
        if self.chance(2):
            value = self.bits(16)
            options.append(RouterAlert(value=value))
            texts.append(f'router_alert={value}')
        for _ in range(self.r.randrange(3)):
            data, number = self.r.randbytes(self.r.randrange(12)), self.r.choice((0x1e, 0x3e, 0x5e))  # RFC 4727: for experiments
            options.append(HBHOptUnknown(otype=number, optdata=data))
            texts.append(f'{number}=hex({spaced(data)})' if data else f'{number}')
        return options, ','.join(texts)

    def hopopts(self, inner):
        options, texts = self.options6()
        return join((f'ipv6_hopopts(opts=[{texts}])' if texts else 'ipv6_hopopts',
                     IPv6ExtHdrHopByHop(options=options, nh=self.next_of(inner))), inner)

    def dstopts(self, inner):
        options, texts = self.options6()
        texts = texts.replace('router_alert', '5')
        texts = ','.join(t if not t.startswith('5=') else f'5=hex({int(t[2:]):04x})' for t in texts.split(','))
        return join((f'ipv6_dstopts(opts=[{texts}])' if texts else 'ipv6_dstopts',
                     IPv6ExtHdrDestOpt(options=options, nh=self.next_of(inner))), inner)

    def packed(self, addresses):
        return b''.join(bytes.fromhex(''.join(f'{int(g, 16):04x}' for g in a.split(':'))) for a in addresses)

    def routing(self, inner):
        addresses = [self.ipv6_address() for _ in range(self.r.randrange(1, 4))]
        left = self.r.randrange(len(addresses) + 1)
        return join((f'ipv6_routing(type=0,segments_left={left},opts=hex(00000000 {self.packed(addresses).hex()}))',
                     IPv6ExtHdrRouting(addresses=addresses, segleft=left, nh=self.next_of(inner))), inner)

    def segments(self, inner):
        addresses = [self.ipv6_address() for _ in range(self.r.randrange(1, 4))]
        left, tag = self.r.randrange(len(addresses)), self.bits(16)
        head = bytes([len(addresses) - 1, 0]) + tag.to_bytes(2, 'big')
        return join((f'ipv6_routing(type=4,segments_left={left},opts=hex({head.hex()} {self.packed(addresses).hex()}))',
                     IPv6ExtHdrSegmentRouting(addresses=addresses, segleft=left, lastentry=len(addresses) - 1, tag=tag,
                                              tlv_objects=[], nh=self.next_of(inner))), inner)

    def fragment(self, depth):
        offset = self.r.choice((0, self.bits(6)))
        inner = (f'hex({"5a" * 64})', Raw(b'Z' * 64)) if offset else self.transport6(depth)
        ident, more = self.bits(32), int(offset != 0 and self.chance(2))
        following, text = self.next_of(inner), ''
        if offset:
            following, text = 17, ',next=17'
        return join((f'ipv6_frag(frag_offset={offset},more={more},id=0x{ident:x}{text})',
                     IPv6ExtHdrFragment(offset=offset, m=more, id=ident, nh=following)), inner)

    def ah(self, inner):
        spi, seq, icv = self.bits(32), self.bits(32), self.r.randbytes(12)
        return join((f'ah(spi=0x{spi:x},seq={seq},opts=hex({spaced(icv)}))',
                     AH(spi=spi, seq=seq, icv=icv, payloadlen=4, nh=self.next_of(inner))), inner)

    # What IP carries

    def transport4(self, depth):
        choose = self.r.choices((self.tcp, self.udp, self.icmp, self.igmp, self.sctp, self.esp, self.tunnel, self.payload),
                                (6, 6, 2, 1, 2, 1, 0 if depth > 3 else 6, 1))[0]
        return choose(depth) if choose == self.tunnel else choose()

    def transport6(self, depth):
        if self.chance(20):
            return self.ah(self.transport6(depth))
        choose = self.r.choices((self.tcp, self.udp, self.icmpv6, self.sctp, self.esp, self.tunnel, self.payload),
                                (6, 6, 3, 2, 1, 0 if depth > 3 else 6, 1))[0]
        return choose(depth) if choose == self.tunnel else choose()

    def tcp_options(self):
        options, texts = [], []
        left, seq = self.bits(32), self.bits(32)
        for name, text, value, size in (
                ('MSS', f'mss={left & 0xffff}', left & 0xffff, 4), ('NOP', 'nop', None, 1),
                ('WScale', f'wscale={left & 15}', left & 15, 3), ('SAckOK', 'sackok', b'', 2),
                ('SAck', f'sack={left}:{seq}', (left, seq), 10), ('Timestamp', f'ts={seq}:{left}', (seq, left), 10),
                (200, f'200=hex({left & 0xffff:04x})', (left & 0xffff).to_bytes(2, 'big'), 4)):
            if self.chance(3):
                options.append((name, value))
                texts.append((text, size))
        return options, ','.join(text for text, _ in texts)

    def tcp(self):
        sport, dport, seq, ack = self.port(), self.port(), self.bits(32), self.bits(32)
        flags, window, urgent = self.bits(9), self.bits(16), self.bits(16) if self.chance(4) else 0
        letters = ''.join(letter for i, letter in enumerate('FSRPAUECN') if flags >> i & 1)
        shown = f'flags={letters}' if letters and self.chance(2) else f'flags=0x{flags:x}'
        text = f'sport={sport},dport={dport},seq={seq},ack={ack},{shown},window={window},urgent={urgent}'
        options, texts = self.tcp_options()
        text += f',opts=[{texts}]' if texts else ''
        return join((f'tcp({text})', TCP(sport=sport, dport=dport, seq=seq, ack=ack, flags=flags, window=window,
                                         urgptr=urgent, options=options)), self.payload())

    def udp(self):
        sport, dport = self.port(), self.port()
        text, fields = f'sport={sport},dport={dport}', {'sport': sport, 'dport': dport}
        if self.chance(40):
            text, fields['chksum'], self.wrong = text + ',csum=0xbad', 0xbad, True
        return join((f'udp({text})', UDP(**fields)), self.payload())

    def icmp(self):
        if self.chance(3):
            code = self.r.choice((0, 1, 3))
            return join((f'icmp(type=3,code={code})', ICMP(type=3, code=code)), self.quote4())
        number, ident, seq = self.r.choice((0, 8)), self.bits(16), self.bits(16)
        return join((f'icmp(type={number},rest=0x{ident << 16 | seq:x})', ICMP(type=number, id=ident, seq=seq)),
                    self.payload())

    def quote4(self):
        src, dst, sport, dport = self.ipv4_address(), self.ipv4_address(), self.port(), self.port()
        return join((f'ipv4(src={src},dst={dst})', IP(id=0, src=src, dst=dst)),
                    (f'udp(sport={sport},dport={dport})', UDP(sport=sport, dport=dport)))

    def icmpv6(self):
        choice = self.r.randrange(4)
        if choice == 0:
            target, mac = self.ipv6_address(), self.mac()
            return (f'icmpv6(type=135,opts=hex({self.packed([target]).hex()} 01 01 {mac.replace(":", "")}))',
                    ICMPv6ND_NS(tgt=target) / ICMPv6NDOptSrcLLAddr(lladdr=mac))
        if choice == 1:
            mtu, src, dst = self.r.randrange(1280, 9000), self.ipv6_address(), self.ipv6_address()
            quoted = join((f'ipv6(src={src},dst={dst})', IPv6(src=src, dst=dst, nh=17)),
                          ('udp(sport=61000,dport=61001)', UDP(sport=61000, dport=61001)))
            return join((f'icmpv6(type=2,rest={mtu})', ICMPv6PacketTooBig(mtu=mtu)), quoted)
        ident, seq, data = self.bits(16), self.bits(16), self.data()
        number, make = self.r.choice(((128, ICMPv6EchoRequest), (129, ICMPv6EchoReply)))
        text = f'icmpv6(type={number},rest=0x{ident << 16 | seq:x})'
        return (f'{text}/hex({spaced(data)})' if data else text, make(id=ident, seq=seq, data=data))

    def igmp(self):
        number, group = self.r.choice((0x11, 0x16, 0x17)), f'233.252.0.{self.bits(8)}'
        code = self.bits(7) if number == 0x11 else 0
        return f'igmp(type=0x{number:x},max_resp={code},group={group})', IGMP(type=number, mrcode=code, gaddr=group)

    def chunk(self):
        choice = self.r.randrange(5)
        if choice == 0:
            return 'cookie_ack', SCTPChunkCookieAck(flags=0)
        if choice == 1:
            tsn = self.bits(32)
            return f'shutdown=hex({tsn:08x})', SCTPChunkShutdown(flags=0, cumul_tsn_ack=tsn)
        if choice == 2:
            tsn, window = self.bits(32), self.bits(32)
            return (f'sack=hex({tsn:08x} {window:08x} 0000 0000)',
                    SCTPChunkSACK(flags=0, cumul_tsn_ack=tsn, a_rwnd=window, n_gap_ack=0, n_dup_tsn=0))
        flags, tsn, stream, ssn = self.bits(4), self.bits(32), self.bits(16), self.bits(16)
        data = self.r.randbytes(self.r.randrange(1, 60))
        return (f'data:{flags}=hex({tsn:08x} {stream:04x} {ssn:04x} 00000000 {data.hex()})',
                SCTPChunkData(reserved=0, delay_sack=flags >> 3, unordered=flags >> 2 & 1, beginning=flags >> 1 & 1,
                              ending=flags & 1, tsn=tsn, stream_id=stream, stream_seq=ssn, proto_id=0, data=data))

    def sctp(self):
        sport, dport, tag = self.port(), self.port(), self.bits(32)
        layer = SCTP(sport=sport, dport=dport, tag=tag)
        if self.chance(4):
            mine, window, streams, tsn = self.bits(32) | 1, self.bits(32) | 1500, self.r.randrange(1, 65536), self.bits(32)
            return (f'sctp(sport={sport},dport={dport},vtag=0x{tag:x},'
                    f'opts=[init=hex({mine:08x} {window:08x} {streams:04x} {streams:04x} {tsn:08x})])',
                    layer / SCTPChunkInit(flags=0, init_tag=mine, a_rwnd=window, n_out_streams=streams,
                                          n_in_streams=streams, init_tsn=tsn, params=[]))
        texts = []
        for _ in range(self.r.randrange(1, 4)):
            text, made = self.chunk()
            texts.append(text)
            layer /= made
        return f'sctp(sport={sport},dport={dport},vtag={tag},opts=[{",".join(texts)}])', layer

    def esp(self):
        spi, seq, data = self.bits(32) | 0x10000, self.bits(32), self.r.randbytes(4 * self.r.randrange(8, 30))
        return f'esp(spi=0x{spi:x},seq={seq})/hex({spaced(data)})', ESP(spi=spi, seq=seq, data=data)

    # Tunnels

    def tunnel(self, depth):
        choose = self.r.choice((self.ip, self.mpls, self.gre, self.pptp, self.vxlan, self.geneve, self.gtp, self.udp_mpls))
        return choose(depth + 1)

    def gre(self, depth):
        inner = self.r.choice((self.ip, self.frame, self.mpls))(depth + 1)
        fields, texts = {'proto': ETHERTYPES[kind(inner)]}, []
        for present, name, ours in (('key_present', 'key', 'key'), ('seqnum_present', 'sequence_number', 'seq')):
            if self.chance(2):
                fields[present], fields[name] = 1, self.bits(32)
                texts.append(f'{ours}={fields[name]}')
        if self.chance(2):
            fields['chksum_present'] = 1
            texts.append('has_csum=1')
        return join((f'gre({",".join(texts)})', GRE(**fields)), inner)

    def pptp(self, depth):
        call, seq = self.bits(16), self.bits(32)
        return join((f'gre(version=1,call_id={call},seq={seq})',
                     GRE_PPTP(call_id=call, seqnum_present=1, seqence_number=seq, proto=0x880b)), self.ppp(depth))

    def around(self, inner, port):
        sport = self.port()
        return join((f'udp(sport={sport})', UDP(sport=sport, dport=port)), inner)

    def vxlan(self, depth):
        vni = self.bits(24)
        return self.around(join((f'vxlan(vni={vni})', VXLAN(vni=vni, flags=8)), self.frame(depth)), 4789)

    def geneve(self, depth):
        inner = self.r.choice((self.frame, self.ip))(depth)
        vni, options, texts = self.bits(24), [], []
        for _ in range(self.r.randrange(3)):
            number, data = 0xff0000 | self.bits(8), self.r.randbytes(4 * self.r.randrange(5))
            options.append(GeneveOptions(classid=number >> 8, type=number & 0xff, data=data))
            texts.append(f'0x{number:x}=hex({spaced(data)})' if data else f'0x{number:x}')
        text = f'geneve(vni={vni}' + (f',opts=[{",".join(texts)}])' if texts else ')')
        return self.around(join((text, GENEVE(vni=vni, options=options, proto=ETHERTYPES[kind(inner)])), inner), 6081)

    def gtp(self, depth):
        inner, teid, choice = self.ip(depth), self.bits(32), self.r.randrange(3)
        layer, text = GTP_U_Header(teid=teid, gtp_type=255), f'teid=0x{teid:x}'
        if choice == 1:
            seq = self.bits(16)
            layer, text = GTP_U_Header(teid=teid, gtp_type=255, S=1, seq=seq), f'{text},seq={seq}'
        elif choice == 2:
            qfi = self.bits(6)
            layer = (GTP_U_Header(teid=teid, gtp_type=255, E=1, next_ex=0x85)
                     / GTPPDUSessionContainer(type=0, QFI=qfi, ExtHdrLen=1, NextExtHdr=0))
            text = f'{text},next_extension=0x85,opts=hex(01 00 {qfi:02x} 00)'
        return self.around(join((f'gtp({text})', layer), inner), 2152)

    def udp_mpls(self, depth):
        return self.around(self.mpls(depth), 6635)

    def draw(self):
        self.wrong = False
        choose = self.r.choices((self.frame, self.llc_frame, self.cooked, self.ip, self.pppoe), (20, 2, 2, 1, 1))[0]
        text, packet = choose(0)
        if choose == self.frame and self.chance(10):
            n = self.r.randrange(1, 40)
            text, packet = f'{text}/pad({n} zeros)', packet / Padding(bytes(n))
        return text, packet

    def make(self):
        """(expression, scapy packet, is something wrong on purpose); no deeper than frames are decoded."""
        while True:
            text, packet = self.draw()
            layers = packet.layers()
            if len(layers) <= 14 and sum(layer in (IP, IPv6, Ether) for layer in layers) <= 5:
                return text, packet, self.wrong
