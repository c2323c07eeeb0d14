#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""NICs through DPDK's drivers for hardware: pairs of them, joined by a wire each, in a machine that QEMU emulates,
without KVM and without the host's network. The machine runs init.sh, which says on its console what the programs say
and saw; here it is judged. $NIC_KEEP names a folder that console and captures are copied to.

nic_test.py PKTS_CRAFT SOURCE APPS NIC_PAIR"""
import glob
import gzip
import io
import os
import re
import shutil
import struct
import subprocess
import sys
import tarfile

sys.path.insert(0, os.path.join(os.path.abspath(sys.argv[2]), 'tests/apps'))
import harness  # pylint: disable=wrong-import-position
from harness import Folder, Skip, good, main, parse  # pylint: disable=wrong-import-position

APPS, NIC_PAIR = (os.path.abspath(path) for path in sys.argv[3:5])
SECONDS = 480  # until the machine is given up; a tenth of that is enough on an idle host
UIO, VFIO = 'uio_pci_generic', 'vfio-pci'
DRIVERS = ['bus_pci', 'bus_vdev', 'mempool_ring', 'net_e1000', 'net_virtio', 'net_vmxnet3']
MODULES = ['uio', 'uio_pci_generic', 'irqbypass', 'vfio', 'vfio_virqfd', 'vfio_iommu_type1', 'vfio-pci-core', 'vfio-pci']
# name: QEMU's device, the kernel's driver, the shortest frame on the wire, whether a frame may lie in several buffers
PAIRS = {
    'e1000': ('e1000', UIO, 60, True),
    'e1000e': ('e1000e', UIO, 60, True),
    'virtio': ('virtio-net-pci', UIO, 0, True),
    'vmxnet3': ('vmxnet3', UIO, 60, False),
    'e1000e_vfio': ('e1000e', VFIO, 60, True),
    'virtio_vfio': ('virtio-net-pci,iommu_platform=on,disable-legacy=on', VFIO, 0, True),
}
FIRST_SLOT = 4
RUN = {}


class Nic:
    """One of the machine's, by its number."""

    def __init__(self, number):
        self.slot = FIRST_SLOT + number
        self.address = f'0000:00:{self.slot:02x}.0'
        self.mac = f'02:00:00:00:00:{self.slot:02x}'


def nics(name):
    first = 2 * list(PAIRS).index(name)
    return Nic(first), Nic(first + 1)


# The machine

def kernels():
    """(image, folder of modules) of those that devtools/deps.sh has fetched, and of those that are installed."""
    cache = os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')
    for top in (os.path.join(cache, 'pkts/linux-image'), ''):
        for image in sorted(glob.glob(f'{top}/boot/vmlinuz-*'), reverse=True):
            modules = f'{top}/lib/modules/{os.path.basename(image)[8:]}/kernel'
            if os.access(image, os.R_OK) and module_files(modules):
                yield image, modules


def module_files(folder):
    """Those of MODULES, in their order; nothing unless the ones for UIO are there."""
    found = {os.path.basename(path)[:-3]: path for path in glob.glob(f'{folder}/**/*.ko', recursive=True)}
    return [found[name] for name in MODULES if name in found] if UIO in found else []


def needed(what, path):
    if not path:
        raise Skip(f'no {what} (devtools/deps.sh nic)')
    return path


def libraries(paths):
    """What the programs and libraries are linked with."""
    text = subprocess.run(['ldd', *paths], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r'(?:=> |^\t)(/\S+) \(0x', text, re.M))


def drivers():
    """DPDK's folder of drivers, and those that are wanted."""
    folders = glob.glob('/usr/lib/*-linux-gnu/dpdk/pmds-*')
    found = [path for name in DRIVERS for folder in folders for path in glob.glob(f'{folder}/librte_{name}.so.*')[:1]]
    if len(found) < len(DRIVERS):
        raise Skip("DPDK's drivers are not in Debian's folder")
    return folders[0], found


def copy(root, source, target=None):
    path = root + (target or source)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    shutil.copy(source, path)


def fill(root, modules, busybox):
    for name in ('bin', 'lib', 'lib64', 'sbin'):
        os.makedirs(os.path.join(root, 'usr', name))
        os.symlink(f'usr/{name}', os.path.join(root, name))
    programs = [os.path.join(APPS, name) for name in ('pkts-craft', 'pkts-dump', 'pkts-flow')] + [NIC_PAIR]
    folder, found = drivers()
    for path in libraries(programs + found):
        copy(root, path)
    # A library that is found by two names has to be one file: DPDK does not bear to load it twice.
    home = os.path.dirname(os.path.dirname(folder))
    os.makedirs(root + folder)
    for path in found:
        name = os.path.basename(path)
        if not os.path.exists(f'{root}{home}/{name}'):
            copy(root, path, f'{home}/{name}')
        os.symlink(f'{home}/{name}', f'{root}{folder}/{name[:name.index(".so") + 3]}')
    for path in programs:
        copy(root, path, f'/bin/{os.path.basename(path)}')
    for number, path in enumerate(modules):
        copy(root, path, f'/modules/{number:02}-{os.path.basename(path)}')
    copy(root, busybox, '/bin/busybox')
    copy(root, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'init.sh'), '/init')
    for name in ('dev', 'out', 'proc', 'run', 'sys', 'tmp', 'var'):
        os.makedirs(os.path.join(root, name), exist_ok=True)
    os.symlink('/run', os.path.join(root, 'var/run'))


def write_pairs(root):
    with open(os.path.join(root, 'pairs'), 'w', encoding='utf-8') as file:
        for name, (_, driver, *_) in PAIRS.items():
            a, b = nics(name)
            print(name, driver, a.address, a.mac, b.address, b.mac, file=file)


def archive(root, path):
    os.chmod(root, 0o755)
    names = '\n'.join(os.path.relpath(os.path.join(folder, name), root)
                      for folder, folders, files in os.walk(root) for name in ['.'] + folders + files)
    data = subprocess.run(['cpio', '-o', '-H', 'newc', '-R', '0:0', '--quiet'], cwd=root, input=names.encode(),
                          capture_output=True, check=True).stdout
    with open(path, 'wb') as file:
        file.write(gzip.compress(data, 1))


def devices(folder):
    for hub, (name, (device, *_)) in enumerate(PAIRS.items()):
        for side, nic in enumerate(nics(name)):
            net = f'{name}_{side}'
            yield from ('-netdev', f'hubport,id={net},hubid={hub}',
                        '-device', f'{device},romfile=,netdev={net},addr={nic.slot:#x},mac={nic.mac}')
        yield from ('-object', f'filter-dump,id=wire_{name},netdev={name}_0,file={folder.file(name + ".wire")}')


def boot(folder, qemu, image):
    console = folder.file('console')
    words = [qemu, '-accel', 'tcg,thread=multi', '-cpu', 'max', '-M', 'q35', '-device', 'intel-iommu,intremap=on',
             '-smp', '2', '-m', '1024', '-display', 'none', '-no-reboot', '-nodefaults', '-no-user-config',
             '-serial', f'file:{console}', '-serial', f'file:{folder.file("out.tar")}',
             '-kernel', image, '-initrd', folder.file('initrd.gz'),
             '-append', 'console=ttyS0 quiet panic=-1 no_timer_check intel_iommu=on iommu=pt', *devices(folder)]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS,
                              check=False)
        RUN['said'] = done.stderr
    except subprocess.TimeoutExpired:
        print(f'# the machine was given up after {SECONDS} s')
    with open(console, encoding='utf-8', errors='replace') as file:
        RUN['console'] = file.read().replace('\r', '')


def keep(folder):
    target = os.environ.get('NIC_KEEP')
    for path in glob.glob(folder.file('*')) if target else ():
        if os.path.isfile(path) and not path.endswith('.gz'):
            shutil.copy(path, target)


def make(folder):
    qemu = needed('qemu-system-x86_64', shutil.which('qemu-system-x86_64'))
    busybox = needed('busybox', shutil.which('busybox'))
    needed('cpio', shutil.which('cpio'))
    if subprocess.run(['ldd', busybox], capture_output=True, check=False).returncode == 0:
        raise Skip('busybox is not the static one (devtools/deps.sh nic)')
    image, modules = needed('kernel image with uio_pci_generic that can be read', next(kernels(), None))
    root = folder.file('root')
    fill(root, module_files(modules), busybox)
    write_pairs(root)
    archive(root, folder.file('initrd.gz'))
    boot(folder, qemu, image)
    RUN['lines'] = re.findall(r'^@ (\S+) (\S+) ?(.*)$', RUN['console'], re.M)
    with open(folder.file('out.tar'), 'rb') as file:
        RUN['out'] = file.read()
    RUN['wire'] = {name: read_pcap(folder.file(name + '.wire')) for name in PAIRS}
    keep(folder)


def run():
    """Once for all cases."""
    if 'skip' in RUN:
        raise Skip(RUN['skip'])
    if not RUN:
        RUN['begun'] = True
        try:
            with Folder() as folder:
                make(folder)
        except Skip as why:
            RUN['skip'] = str(why)
            raise
    assert 'lines' in RUN, 'the machine could not be made'


# What it said

def said(name, what):
    run()
    return [text for who, about, text in RUN['lines'] if (who, about) == (name, what)]


def says(name, what):
    lines = said(name, what)
    assert lines, f'{name}: nothing about {what}'
    return lines


def step(name, what):
    lines = [parse(line) for line in says(name, 'pair') if line.startswith('{')]
    failed = [line for line in lines if line['step'] == 'failed']
    found = [line for line in lines if line['step'] == what]
    assert found, f'{name}: no step {what}; failed: {failed}; {says(name, "pair")[-3:]}'
    return found[-1]


def frames(name, what):
    """[(port, length)] of what arrived before the last one, and the lines themselves; it has to be whole."""
    line = step(name, what)
    assert line['last'], f'{name}: the last frame of {what} did not arrive, only {line["frames"]}'
    for frame in line['frames']:
        assert frame['right'] or not frame['port'], f'{name}: a payload of {what} arrived changed: {frame}'
    return [(frame['port'], frame['len']) for frame in line['frames']], line['frames']


def read_pcap(path):
    """[frame] of a pcap file of this machine's byte order."""
    if not os.path.exists(path):
        return []
    with open(path, 'rb') as file:
        data = file.read()
    at, out = 24, []
    while at + 16 <= len(data):
        caplen, = struct.unpack_from('<I', data, at + 8)
        out.append(data[at + 16:at + 16 + caplen])
        at += 16 + caplen
    return out


def captured(name):
    """The frames that pkts-dump wrote inside, as pkts-dump reads them here."""
    run()
    with tarfile.open(fileobj=io.BytesIO(RUN['out'])) as tar, Folder() as folder:
        path = folder.file('inside.pcapng', tar.extractfile(f'./{name}.pcapng').read())
        text = good('-r', path, '--json', program=os.path.join(APPS, 'pkts-dump'))
    return [parse(line) for line in text.splitlines()]


def each_pair(case):
    """A case that is tried on every pair; all that fail are named."""
    def wrapped():
        run()
        failed = []
        for name in PAIRS:
            try:
                case(name)
            except AssertionError as why:
                failed.append(f'{name}: {why}')
        assert not failed, '\n'.join(failed)
    return wrapped


# Cases

def test_the_machine_came_to_its_end():
    run()
    print('# seconds:', '; '.join(f'{name} {" ".join(said(name, "took"))}' for name in PAIRS))
    assert all(said(name, 'done') for name in PAIRS), f'the console ends with: {RUN["console"][-2000:]}'


def test_interfaces_are_listed():
    assert says('all', 'list_status') == ['0'], says('all', 'list')
    rows = {line.split()[0]: line.split() for line in says('all', 'list')}
    for name in PAIRS:
        for nic in nics(name):
            row = rows[nic.address]
            assert row[1] == 'ethdev' and row[4:6] == ['1500', nic.mac], row


@each_pair
def test_a_nic_that_is_open_has_a_link(name):
    lines = [parse(line) for line in says(name, 'pair') if line.startswith('{"step":"open"')]
    assert len(lines) == 2, lines
    for line, nic in zip(lines, nics(name)):
        assert (line['name'], line['mac'], line['mtu']) == (nic.address, nic.mac, 1500), line
        assert line['up'] and line['carrier'], line


@each_pair
def test_one_process_sends_and_another_receives(name):
    assert says(name, 'craft_status')[0] == '0', says(name, 'craft')
    assert says(name, 'craft')[0] == 'pkts-craft: 20 packets sent', says(name, 'craft')
    assert says(name, 'dump_status') == ['0'], says(name, 'dump')
    ports = [layer['dport'] for packet in captured(name) for layer in packet['layers'] if layer['proto'] == 'udp']
    assert ports == list(range(1005, 1015)), ports


@each_pair
def test_ctrl_c_ends_with_counts(name):
    counts = says(name, 'dump')[-1]
    assert re.fullmatch(r'pkts-dump: 10 packets captured, 0 dropped by the NIC, \d+ did not match', counts), counts
    assert 5 <= int(re.findall(r'\d+', counts)[-1]) <= 10, counts
    ports = [layer['dport'] for line in says(name, 'json') for layer in parse(line)['layers'] if layer['proto'] == 'udp']
    assert ports == list(range(1005, 1015)), ports


@each_pair
def test_the_wire_has_what_was_asked_for(name):
    a, b = nics(name)
    asked = good(f'eth(dst={b.mac},src={a.mac})/ipv4(src=10.0.0.1,dst=10.0.0.2)'
                 '/udp(sport=7,dport=1000..1019)/"between processes"', '-c', '20', '--hex')
    asked = [bytes.fromhex(line) for line in asked.splitlines()]
    wire = [frame[:len(asked[0])] for frame in RUN['wire'][name] if b'between processes' in frame]
    assert wire == asked, (len(wire), len(asked))


@each_pair
def test_a_nic_is_not_taken_from_who_uses_it(name):
    assert says(name, 'second_status') == ['1'], says(name, 'second')
    line, = says(name, 'second')
    assert line.startswith('pkts-dump: ') and nics(name)[1].address in line, line


def test_pkts_flow_follows_a_connection():
    for name in ('e1000e', 'virtio_vfio'):
        assert says(name, 'flow_status') == ['0']
        flows = [line for line in map(parse, says(name, 'flow')) if line['event_type'] == 'flow']
        assert len(flows) == 1 and flows[0]['proto'] == 'TCP' and flows[0]['flow']['pkts_toserver'] == 3, flows


@each_pair
def test_a_port_is_deaf_until_it_is_activated(name):
    assert step(name, 'deaf')['heard'] == 0


@each_pair
def test_filters(name):
    ports, _ = frames(name, 'filter')
    assert ports == [(2, 72)] * 5, ports
    stats = step(name, 'filter_stats')
    assert stats['rx'] == 6 and stats['filtered'] >= 10, stats
    assert stats['tx'] == 26 and not any(stats[key] for key in ('dropped', 'nombuf', 'errors', 'refused')), stats


@each_pair
def test_frames_of_all_sizes(name):
    least = PAIRS[name][2]
    want = [(10 + i, max(least, 42 + n)) for i, n in enumerate((0, 1, 18, 1000, 1472))]
    want += [(0, max(least, 15)), (20, 1518)]
    assert frames(name, 'sizes')[0] == want, frames(name, 'sizes')[0]


@each_pair
def test_chains_of_segments_are_sent(name):
    assert frames(name, 'chains')[0] == [(30 + i, 1442) for i in range(7)], frames(name, 'chains')[0]


@each_pair
def test_the_verdict_is_that_of_software(name):
    got = {frame['port']: frame['sums'] for frame in frames(name, 'verdicts')[1]}
    good_, bad_ = 'good', 'bad'
    want = {}
    for base, ip in ((40, True), (50, True), (60, False)):
        for i, verdicts in enumerate(((good_, good_), (bad_ if ip else good_, good_), (good_, bad_))):
            want[base + i] = [[v, v] for v in (verdicts if ip else verdicts[1:])]
    assert got == want, (got, want)


@each_pair
def test_checksums_that_are_left_to_the_nic(name):
    for frame in frames(name, 'offloads')[1]:
        assert all(verdict == 'good' for sums in frame['sums'] for verdict in sums), frame
    assert len(frames(name, 'offloads')[0]) == 5


@each_pair
def test_stopped_and_started_again(name):
    assert frames(name, 'again')[0] == [(80, 242)] * 5


@each_pair
def test_a_flood_is_survived_and_accounted_for(name):
    line, stats = step(name, 'flood'), step(name, 'flood_stats')
    assert line['last'], line
    assert 0 < line['got'] <= line['sent'], line
    assert line['got'] + stats['dropped'] + stats['nombuf'] >= line['sent'], (line, stats)


@each_pair
def test_closed_and_opened_again_and_not_promiscuous(name):
    assert frames(name, 'addressed')[0] == [(101, 142), (102, 142)], frames(name, 'addressed')[0]


@each_pair
def test_frames_larger_than_a_buffer(name):
    if not PAIRS[name][3]:
        failed = [parse(line) for line in says(name, 'pair') if '"failed"' in line]
        assert len(failed) == 1 and 'mbuf_data_room_size 768' in failed[0]['error'], failed
        return
    got, lines = frames(name, 'small_buffers')
    assert got == [(110 + i, 514 + 500 * i) for i in range(3)], got
    assert [frame['segments'] for frame in lines][1:] == [2, 3], lines


@each_pair
def test_what_was_sent_leaves_before_the_port_is_closed(name):
    assert frames(name, 'close_at_once')[0] == [(120, 1042)] * 20


@each_pair
def test_no_buffer_is_lost(name):
    assert says(name, 'pair_status') == ['0']
    line = step(name, 'leak')
    assert line['big'] == 0 and line['small'] == 0, line


if __name__ == '__main__':
    harness.TIMEOUT = SECONDS + 60
    main(dict(globals()))
