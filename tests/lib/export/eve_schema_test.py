#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What print_records writes against the shape that docs/eve.md describes, and the page's examples against
what print_records writes. Arguments: print_records, the top of the source. Reports as TAP."""
import ipaddress
import json
import os
import re
import subprocess
import sys
import traceback

PROGRAM, SOURCE = sys.argv[1:3]
PAGE = os.path.join(SOURCE, 'docs/eve.md')
TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0000')
HEX = re.compile(r'[0-9a-f]{2}')
STATES = ('syn_sent syn_recv established fin_wait1 fin_wait2 time_wait last_ack close_wait closing closed').split()

# Checks of a value. `REQUIRED` marks members that always stand there.


def number(value, most=2 ** 64 - 1):
    return type(value) is int and 0 <= value <= most


def port(value):
    return number(value, 65535)


def octet(value):
    return number(value, 255)


def flow_id(value):
    return number(value, 2 ** 53 - 1) and value > 0


def string(value):
    return isinstance(value, str)


def matches(pattern):
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value)


def one_of(*values):
    return lambda value: value in values


def true(value):
    return value is True


def address(value):
    """As RFC 5952 writes it, which is how Python does."""
    return str(ipaddress.ip_address(value)) == value


def vlans(value):
    return isinstance(value, list) and 1 <= len(value) <= 4 and all(number(v, 4095) for v in value)


def names(value):
    return isinstance(value, list) and value and all(re.fullmatch('[a-z0-9_]+', v) for v in value)


HEADER = {
    '!timestamp': matches(TIME), 'flow_id': flow_id, 'in_iface': string, 'vlan': vlans, 'src_ip': address,
    'src_port': port, 'dest_ip': address, 'dest_port': port, 'proto': matches(r'[A-Za-z0-9-]+'),
    'ip_v': one_of(4, 6), 'icmp_type': octet, 'icmp_code': octet, 'community_id': matches('1:[A-Za-z0-9+/]{27}='),
}
TCP = {'!tcp_flags': matches(HEX), '!tcp_flags_ts': matches(HEX), '!tcp_flags_tc': matches(HEX),
       'state': one_of(*STATES), 'ts_gap': true, 'tc_gap': true,
       **{name: true for name in ('syn', 'fin', 'rst', 'psh', 'ack', 'urg', 'ecn', 'cwr')}}
FLOW = {
    **HEADER, '!event_type': one_of('flow'), 'response_icmp_type': octet, 'response_icmp_code': octet,
    'app_proto': string, 'tcp': TCP, 'sctp': {'!state': string},
    '!flow': {
        '!pkts_toserver': number, '!pkts_toclient': number, '!bytes_toserver': number, '!bytes_toclient': number,
        '!start': matches(TIME), '!end': matches(TIME), '!age': number, '!state': one_of('new', 'established', 'closed'),
        '!reason': one_of('timeout', 'active', 'tcp_reuse', 'evicted', 'shutdown', 'unknown'),
        '!alerted': one_of(True, False)},
    'pkts': {'icmp_id': port, 'conn_state': string, 'history': string, 'session_events': names, 'seq_events': names},
}
ANOMALY = {
    **HEADER, '!event_type': one_of('anomaly'), 'pcap_cnt': number, 'direction': one_of('to_server', 'to_client'),
    '!anomaly': {'!type': one_of('decode', 'stream', 'applayer'), '!event': string, 'layer': string, 'app_proto': string},
    '!pkts': {'!validity': one_of('valid', 'suspect', 'invalid')},
}


def check(value, schema, where):
    """Raises if the object lacks a member that it must have, has one that nobody knows, or a wrong one."""
    assert isinstance(value, dict), f'{where}: no object'
    known = {name.lstrip('!'): rule for name, rule in schema.items()}
    for name in schema:
        assert not name.startswith('!') or name[1:] in value, f'{where}: lacks {name[1:]}'
    for name, part in value.items():
        rule = known.get(name)
        assert rule, f'{where}: has {name}, which is not described'
        if isinstance(rule, dict):
            check(part, rule, f'{where}.{name}')
        else:
            assert rule(part), f'{where}.{name}: {part!r}'


def unique(pairs):
    assert len({name for name, _ in pairs}) == len(pairs), f'a key stands twice: {pairs}'
    return dict(pairs)


def run(*args):
    return subprocess.run([PROGRAM, *args], stdout=subprocess.PIPE, check=True, timeout=60).stdout.decode('utf-8')


def lines():
    """name -> the line that was written."""
    return dict(line.split('\t', 1) for line in run('eve').splitlines())


def parse(line):
    return json.loads(line, object_pairs_hook=unique)


def page():
    with open(PAGE, encoding='utf-8') as file:
        return file.read()


def examples():
    """name -> text of each example."""
    return dict(re.findall(r'^<!-- ([a-z ]+) -->\n```\n(.*?)^```$', page(), re.M | re.S))


def test_shape():
    found = lines()
    assert len(found) >= 11
    for name, line in found.items():
        record = parse(line)
        check(record, FLOW if record['event_type'] == 'flow' else ANOMALY, name)


def test_ports_and_types_go_with_protocols():
    for name, line in lines().items():
        record = parse(line)
        proto = record.get('proto')
        assert ('src_port' in record) == ('dest_port' in record) == (proto in ('TCP', 'UDP', 'SCTP')), name
        assert ('icmp_type' in record) == (proto in ('ICMP', 'IPv6-ICMP')), name
        assert ('tcp' in record) == (proto == 'TCP' and record['event_type'] == 'flow'), name
        assert 'ip_v' not in record or (record['ip_v'] == 6) == (':' in record['src_ip']), name


def test_a_wrong_record_is_noticed():
    """The check itself."""
    good = parse(lines()['tcp'])
    for spoil in (lambda r: r.pop('timestamp'), lambda r: r.update(x=1), lambda r: r.update(src_port='80'),
                  lambda r: r['flow'].update(age=-1), lambda r: r['tcp'].update(syn=False),
                  lambda r: r.update(flow_id=2 ** 53), lambda r: r['flow'].pop('alerted')):
        record = json.loads(json.dumps(good))
        spoil(record)
        try:
            check(record, FLOW, 'tcp')
        except AssertionError:
            continue
        raise AssertionError(f'accepted: {record}')


def test_every_member_is_described():
    """Each name that the schema knows stands in a table of the page."""
    described = set(re.findall(r'`([a-z_.0-9]+)`', '\n'.join(re.findall(r'^\|([^|]*)\|', page(), re.M))))
    described |= {name.split('.')[-1] for name in described}
    assert '_ts' in page() and '_tc' in page()

    def walk(schema):
        for name, rule in schema.items():
            name = name.lstrip('!')
            if isinstance(rule, dict):
                walk(rule)
            elif name not in ('tcp_flags_ts', 'tcp_flags_tc'):
                assert name in described, name
    walk(FLOW)
    walk(ANOMALY)


def test_examples_of_json():
    found = lines()
    shown = {name: text for name, text in examples().items() if name not in ('text', 'top')}
    assert len(shown) >= 3
    for name, text in shown.items():
        assert re.sub(r'\n *', '', text) == found[name], f'{name}:\n{found[name]}'


def test_examples_of_text():
    for name in ('text', 'top'):
        assert examples()[name] in run(name), run(name)


def main():
    tests = [(name, test) for name, test in globals().items() if name.startswith('test_')]
    failed = 0
    print(f'1..{len(tests)}')
    for i, (name, test) in enumerate(tests, 1):
        try:
            test()
            print(f'ok {i} - {name[5:]}')
        except Exception:  # whatever went wrong belongs to this case
            failed = 1
            print(f'not ok {i} - {name[5:]}')
            print(re.sub('^', '# ', traceback.format_exc().rstrip(), flags=re.M))
    return failed


if __name__ == '__main__':
    sys.exit(main())
