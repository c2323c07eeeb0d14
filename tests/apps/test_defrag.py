#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""pkts-dump --defrag: whole datagrams in the place of fragments, in every form of output."""
import struct

from harness import bad, checksum, ether, good, ipv4, main, packets, pcap, stats, tcp, udp, with_folder

WHOLE = ether(ipv4(udp(53, 4000, bytes(range(256)) * 12), 17))


def cut(frame, step, offset=14):
    """A frame's IPv4 packet without options, in fragments."""
    head, payload = frame[offset:offset + 20], frame[offset + 20:]
    out = []
    for at in range(0, len(payload), step):
        part = payload[at:at + step]
        more = 0x2000 if at + step < len(payload) else 0
        h = head[:2] + struct.pack('!HHH', 20 + len(part), 7, at // 8 | more) + head[8:10] + b'\0\0' + head[12:]
        out.append(frame[:offset] + h[:10] + struct.pack('!H', checksum(h)) + h[12:] + part)
    return out


def capture(folder, frames, name='in.pcap'):
    return folder.file(name, pcap([(f, None) for f in frames]))


@with_folder
def test_shown_as_one_packet(folder):
    path = capture(folder, cut(WHOLE, 1000)[::-1] + [ether(ipv4(tcp(1, 2), 6))])
    assert len(packets('-r', path)) == 5
    whole, other = packets('-r', path, '--defrag')
    assert [layer['proto'] for layer in whole['layers']] == ['eth', 'ipv4', 'udp']
    assert whole['len'] == whole['caplen'] == len(WHOLE)
    assert [layer.get('checksum') for layer in whole['layers']] == [None, 'good', 'good']
    assert whole['verdict'] == {'ok': True}
    assert whole['ts'].endswith('00000004Z')      # of the last fragment
    assert (whole['n'], other['n']) == (1, 2)


@with_folder
def test_written_as_it_was_before(folder):
    out = folder.file('out.pcap')
    good('-r', capture(folder, cut(WHOLE, 400)), '--defrag', '-w', out)
    with open(out, 'rb') as file:
        assert file.read()[24 + 16:] == WHOLE


@with_folder
def test_counted(folder):
    path = capture(folder, cut(WHOLE, 1000) + cut(WHOLE, 1000)[:1])
    counts = stats('-r', path, '--defrag')
    assert counts['packets'] == 1 and counts['bytes'] == len(WHOLE)
    assert counts['layers'] == {'eth': 1, 'ipv4': 1, 'udp': 1}
    assert counts['capture']['captured'] == 5
    assert counts['defrag'] == {'fragments': 5, 'datagrams': 1, 'dropped': 0, 'given_up': 0, 'waiting': 1,
                                'events': {}}
    assert 'defrag' not in stats('-r', path)


@with_folder
def test_hexadecimal_is_of_the_whole(folder):
    path = capture(folder, cut(WHOLE, 1000))
    plain = capture(folder, [WHOLE], 'whole.pcap')
    lines = [line for line in good('-r', path, '--defrag', '--hex').splitlines()[1:]]
    assert lines == good('-r', plain, '--hex').splitlines()[1:]


@with_folder
def test_inside_a_tunnel(folder):
    inner = ipv4(udp(53, 4000, bytes(2000)), 17)
    pieces = [ether(ipv4(f, 4)) for f in cut(inner, 800, 0)]
    out = folder.file('out.pcap')
    good('-r', capture(folder, pieces), '--defrag', '-w', out)
    (whole,) = packets('-r', out)
    assert [layer['proto'] for layer in whole['layers']] == ['eth', 'ipv4', 'ipv4', 'udp']
    assert [layer.get('checksum') for layer in whole['layers']] == [None, 'good', 'good', 'good']
    assert whole['verdict'] == {'ok': True}


@with_folder
def test_policy(folder):
    first, second, third, last = cut(WHOLE, 1000)
    ends = ether(ipv4(b'', 17))
    overlap = cut(ends[:34] + b'\xff' * 3080, 1000)[1]
    path = capture(folder, [first, second, overlap, third, last])
    for policy, n in (('rfc8200', 1), ('drop', 0), ('first', 1), ('last', 1)):
        assert len(packets('-r', path, '--defrag', '--ip-policy', policy)) == n, policy
    sums = {policy: packets('-r', path, '--defrag', '--ip-policy', policy)[0]['layers'][2]['checksum']
            for policy in ('first', 'last')}
    assert sums == {'first': 'good', 'last': 'bad'}


@with_folder
def test_filter_and_count_are_of_fragments(folder):
    path = capture(folder, cut(WHOLE, 1000) * 2)
    assert packets('-r', path, '--defrag', 'port', '53') == []
    assert len(packets('-r', path, '--defrag', 'host', '192.0.2.1')) == 2
    assert len(packets('-r', path, '--defrag', '-c', '4')) == 1
    assert len(packets('-r', path, '--defrag', '-c', '3')) == 0


@with_folder
def test_many(folder):
    """More than a pool holds at a time, each in other order."""
    frames = [f for k in range(3000) for f in (cut(WHOLE, 1600) if k % 2 else cut(WHOLE, 1600)[::-1])]
    counts = stats('-r', capture(folder, frames), '--defrag', '-w', folder.file('out.pcapng'))
    assert counts['packets'] == 3000 and counts['checksums']['udp']['good'] == 3000
    assert stats('-r', folder.file('out.pcapng'))['bytes'] == 3000 * len(WHOLE)


@with_folder
def test_more_fragments_than_memory(folder):
    """Datagrams that never end: the oldest are given up, and reading goes on."""
    def with_id(frame, k):
        head = frame[14:18] + struct.pack('!H', k) + frame[20:24] + b'\0\0' + frame[26:34]
        return frame[:14] + head[:10] + struct.pack('!H', checksum(head)) + head[12:] + frame[34:]
    first = cut(WHOLE, 1600)[0]
    frames = [with_id(first, k) for k in range(20000)] + cut(WHOLE, 1600)
    counts = stats('-r', capture(folder, frames), '--defrag')
    assert counts['capture']['nombuf'] == 0
    assert counts['defrag']['given_up'] > 10000
    assert counts['defrag']['fragments'] == 20002


@with_folder
def test_what_was_noticed(folder):
    """Of a datagram one piece that contradicts another, and a TCP header that the first fragment cuts."""
    first, second, third, last = cut(WHOLE, 1000)
    overlap = cut(ether(ipv4(b'', 17))[:34] + b'\xff' * 3080, 1000)[1]
    tiny = cut(ether(ipv4(bytes(64), 6)), 16)[0]
    path = capture(folder, [first, second, overlap, third, last, tiny])
    counts = stats('-r', path, '--defrag', '--ip-policy', 'drop')['defrag']
    assert counts['dropped'] == 3 and counts['datagrams'] == 0, counts
    assert counts['events'] == {'conflict': 1, 'frag_dropped': 1, 'frag_tiny': 1}, counts


@with_folder
def test_fragments_that_end_on_the_way(folder):
    path = capture(folder, cut(WHOLE, 1000))
    assert stats('-r', path, '--defrag', '--min-ttl', '64')['defrag']['datagrams'] == 1
    counts = stats('-r', path, '--defrag', '--min-ttl', '65')
    assert counts['packets'] == 0 and counts['defrag']['dropped'] == 4
    assert counts['defrag']['events'] == {'frag_min_ttl': 4}


def test_policy_wants_defrag():
    bad(2, '--min-ttl is for --defrag', '-r', 'x', '--min-ttl', '3')
    bad(2, '--ip-policy is for --defrag', '-r', 'x', '--ip-policy', 'first')
    bad(2, 'no such policy', '-r', 'x', '--defrag', '--ip-policy', 'none')



if __name__ == '__main__':
    main(dict(globals()))
