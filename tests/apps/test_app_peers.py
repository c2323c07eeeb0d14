#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
Servers and clients that others wrote, followed to their end: PostgreSQL (psql, pgbench, pg_receivewal),
MariaDB (mariadb, libmariadb) and two freeDiameter daemons talk on the loopback of a network namespace of
their own, tcpdump listens, and app_follow must find nothing to complain about. Cases whose programs are not
installed are skipped. APP_PEERS_KEEP=FOLDER keeps the captures there.
"""
import atexit
import ctypes
import glob
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
if os.geteuid() != 0 or not shutil.which('unshare') or not shutil.which('tcpdump'):
    print('1..0 # SKIP needs root, unshare and tcpdump')
    sys.exit(0)
if 'APP_PEERS_INSIDE' not in os.environ:
    inside = subprocess.run(['unshare', '-n', 'ip', 'link', 'set', 'lo', 'up'], check=False, capture_output=True)
    if inside.returncode:
        print('1..0 # SKIP no network namespaces here')
        sys.exit(0)
    os.environ['APP_PEERS_INSIDE'] = 'yes'
    os.execvp('unshare', ['unshare', '-n', sys.executable, *sys.argv])
subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
# freeDiameter will not talk over addresses of the loopback network
subprocess.run(['ip', 'address', 'add', '192.0.2.1/24', 'dev', 'lo'], check=True)

from harness import PROGRAM as FOLLOW, Skip, main  # noqa: E402 pylint: disable=wrong-import-position

WRONG = {'app_violation', 'app_format', 'app_unpaired', 'app_gap', 'app_unfinished', 'app_evicted'}
KEEP = os.environ.get('APP_PEERS_KEEP')
ROOT = tempfile.mkdtemp(prefix='app-peers-')
os.chmod(ROOT, 0o755)
atexit.register(shutil.rmtree, ROOT, ignore_errors=True)
NOBODY = {'user': 'nobody', 'group': 'nogroup', 'extra_groups': []}
QUIET = {'stdin': subprocess.DEVNULL, 'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL}


def until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f'waited in vain for {what}'
        time.sleep(0.05)


def tool(name, *folders):
    for folder in folders:
        found = sorted(glob.glob(os.path.join(folder, name)))
        if found:
            return found[-1]
    found = shutil.which(name)
    if not found:
        raise Skip(f'{name} is not installed')
    return found


def folder(name):
    path = os.path.join(ROOT, name)
    os.makedirs(path, exist_ok=True)
    shutil.chown(path, 'nobody', 'nogroup')
    return path


def stop(process, number=signal.SIGTERM):
    if process.poll() is None:
        process.send_signal(number)
        process.wait(60)


def client(*args, ok=True, env=None, **how):
    done = subprocess.run(args, capture_output=True, text=True, check=False, timeout=60,
                          env={**os.environ, 'LC_ALL': 'C', **(env or {})}, **how)
    assert (done.returncode == 0) == ok, f'{args}: {done.returncode} {done.stdout} {done.stderr}'
    return done.stdout


def certificate(path, name):
    openssl = tool('openssl')
    client(openssl, 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', f'{path}/{name}.key', '-out',
           f'{path}/{name}.crt', '-days', '30', '-subj', f'/CN={name}')
    for kind in 'key', 'crt':
        shutil.chown(f'{path}/{name}.{kind}', 'nobody', 'nogroup')
    os.chmod(f'{path}/{name}.key', 0o600)


def sign(path, name):
    """A certificate that `ca` signs."""
    openssl = tool('openssl')
    client(openssl, 'req', '-newkey', 'rsa:2048', '-nodes', '-keyout', f'{path}/{name}.key', '-out', f'{path}/{name}.csr',
           '-subj', f'/CN={name}')
    client(openssl, 'x509', '-req', '-in', f'{path}/{name}.csr', '-CA', f'{path}/ca.crt', '-CAkey', f'{path}/ca.key',
           '-CAcreateserial', '-out', f'{path}/{name}.crt', '-days', '30')
    for kind in 'key', 'crt':
        shutil.chown(f'{path}/{name}.{kind}', 'nobody', 'nogroup')


# Listening

class Capture:
    """What goes over the loopback to these ports, while it is open."""

    def __init__(self, name, *ports):
        self.path = os.path.join(KEEP or ROOT, name + '.pcap')
        self.filter = 'udp port 9 or ' + ' or '.join(f'tcp port {port}' for port in ports)

    def __enter__(self):
        self.process = subprocess.Popen(
            [tool('tcpdump'), '-i', 'lo', '-w', self.path, '-U', '--immediate-mode', '-Z', 'root', '-s', '0', '-B', '65536',
             self.filter],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if 'listening on' in line:
                return self
        raise AssertionError('tcpdump does not listen')

    def all_there(self):
        """Whatever was sent before this is in the file now."""
        mark = os.urandom(16)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.sendto(mark, ('127.0.0.1', 9))

        def is_there():
            with open(self.path, 'rb') as file:
                return mark in file.read()
        until(is_there, 'the capture')

    def has_segment_to(self, port):
        done = subprocess.run([tool('tcpdump'), '-r', self.path, '-n', '-c', '1', f'tcp dst port {port}'], capture_output=True,
                              check=False, timeout=60)
        return bool(done.stdout)

    def __exit__(self, kind, *_):
        if kind is None:
            self.all_there()
            try:  # servers may close a moment after their clients
                until(lambda: all(' done' in end[3] or not end[0] for end in self.follow()[1]), 'the ends', 20)
            except AssertionError:
                pass  # whoever looks at the capture will say what it lacks
        stop(self.process, signal.SIGINT)

    def follow(self):
        """(messages, ends): lines of messages, and (app, state, events, whole line) of each connection."""
        done = subprocess.run([FOLLOW, self.path], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        ends = []
        for line in lines:
            found = re.match(r'\d+ end: app=(\w*) state=(\w*) messages=\d+ waiting=\d+( done)?((?: \w+)*)$', line)
            if found:
                ends.append((found[1], found[2], set(found[4].split()), line))
        return [line for line in lines if ' end: ' not in line], ends


def demand(capture, app, *states, events=()):
    """Every connection is the application's, ended in one of these states, and nothing was wrong with it."""
    messages, ends = capture.follow()
    assert ends, 'no connection'
    seen = set()
    for name, state, noticed, line in ends:
        if name == '' and 'messages=0' in line:
            continue  # a connection that only asked whether somebody is there
        assert name == app, line
        assert state in states, line
        assert not noticed & WRONG, f'{line}\n' + '\n'.join(m for m in messages if 'violation' in m or 'format' in m)
        assert ' done' in line, f'not ended: {line}'
        seen |= noticed
    for event in events:
        assert event in seen, f'{event} did not happen: {ends}'
    return messages


def has(messages, *patterns):
    text = '\n'.join(messages)
    for pattern in patterns:
        assert re.search(pattern, text, re.M), f'no {pattern!r} in\n{text[:4000]}'


# PostgreSQL

class Postgres:
    PORT = 5432
    running = None

    def __init__(self):
        places = '/usr/lib/postgresql/*/bin', '/usr/local/pgsql/bin'
        self.bin = os.path.dirname(tool('postgres', *places))
        tool('psql')
        self.data = os.path.join(folder('pg'), 'data')
        secret = os.path.join(ROOT, 'pg', 'secret')
        with open(secret, 'w', encoding='ascii') as file:
            file.write('secret\n')
        client(f'{self.bin}/initdb', '-D', self.data, '-U', 'joe', '-A', 'scram-sha-256', '--pwfile', secret, '--no-sync',
               '--no-locale', '-E', 'UTF8', **NOBODY, cwd='/')
        certificate(self.data, 'server')
        with open(f'{self.data}/postgresql.conf', 'a', encoding='ascii') as file:
            file.write(f"listen_addresses = '127.0.0.1'\nport = {self.PORT}\nunix_socket_directories = '{ROOT}/pg'\n"
                       "fsync = off\nssl_cert_file = 'server.crt'\nssl_key_file = 'server.key'\n"
                       "shared_buffers = 16MB\nmax_connections = 10\n")
        self.process = subprocess.Popen([f'{self.bin}/postgres', '-D', self.data], cwd='/', **QUIET, **NOBODY)
        atexit.register(stop, self.process, signal.SIGINT)
        until(lambda: subprocess.run([f'{self.bin}/pg_isready', '-q', '-h', f'{ROOT}/pg'], check=False).returncode == 0,
              'PostgreSQL')

    def sql(self, *commands, ok=True, password='secret', mode='disable', host='127.0.0.1', **how):
        args = [part for command in commands for part in ('-c', command)]
        return client('psql', '-X', '-At', '-h', host, '-p', str(self.PORT), '-U', 'joe', '-d', 'postgres', *args, ok=ok,
                      env={'PGPASSWORD': password, 'PGSSLMODE': mode, 'PGGSSENCMODE': 'disable'}, **how)

    def local(self, *commands):
        """Not over TCP."""
        return self.sql(*commands, host=f'{ROOT}/pg')

    def set(self, name, value):
        self.local(f'alter system set {name} = {value}', 'select pg_reload_conf()')
        until(lambda: self.local(f'show {name}').strip() == value, name)


def postgres():
    if not Postgres.running:
        Postgres.running = Postgres()
    return Postgres.running


def test_postgresql_queries():
    server = postgres()
    with Capture('pgsql-queries', server.PORT) as capture:
        server.sql('create table t (i int, s text)', "insert into t values (1, 'a'), (2, 'b')", 'select * from t',
                   'begin; select 1; commit', "prepare p as select $1::int", 'execute p(5)', 'copy t to stdout')
        server.sql('copy t from stdin', input='3\tc\n4\td\n')
        server.sql('select 1/0', ok=False)
        server.sql('begin', 'select nonsense', 'rollback')
        server.sql("do $$ begin raise notice 'hm'; end $$", 'listen l', 'notify l')
        server.sql('copy t from stdin', input='no number\tc\n', ok=False)
        server.sql('\\copy t to /dev/null', ';')
    messages = demand(capture, 'pgsql', 'ending', events=['app_error'])
    has(messages, '< copy_in_response .*copy_in$', '< copy_out_response .*copy_out$', '> copy_data', 'error_response .* 22012',
        'notice_response', 'notification_response', '> terminate .*ending$')


def test_postgresql_large():
    server = postgres()
    with Capture('pgsql-large', server.PORT) as capture:
        server.sql("select repeat('x', 1000000)", "copy (select repeat('x', 100000) from generate_series(1, 10)) to stdout")
    has(demand(capture, 'pgsql', 'ending'), '< data_row len=1000011', '< copy_data len=100006')


def test_postgresql_extended():
    server = postgres()
    pgbench = tool('pgbench', server.bin)
    script = os.path.join(ROOT, 'script')
    with open(script, 'w', encoding='ascii') as file:
        file.write('\\startpipeline\nselect 1;\nselect 2 where false;\nselect 3;\n\\endpipeline\nselect 4;\n')
    with Capture('pgsql-extended', server.PORT) as capture:
        for mode in 'extended', 'prepared':
            client(pgbench, '-n', '-M', mode, '-t', '3', '-f', script, '-h', '127.0.0.1', '-U', 'joe', 'postgres',
                   env={'PGPASSWORD': 'secret', 'PGSSLMODE': 'disable', 'PGGSSENCMODE': 'disable'})
    messages = demand(capture, 'pgsql', 'ending')
    has(messages, '> parse', '> bind', '> describe', '> execute', '> sync .*asks=', '< parse_complete', '< bind_complete',
        '< ready_for_query .*answers=.* ready$')


def test_postgresql_encrypted():
    server = postgres()
    with Capture('pgsql-prefer', server.PORT) as capture:
        server.sql('select 1', mode='prefer')
    has(demand(capture, 'pgsql', 'ending'), '> ssl_request .*ssl_asked$', '< ssl_answer .*start$')
    server.set('ssl', 'on')
    with Capture('pgsql-tls', server.PORT) as capture:
        server.sql('select 1', mode='prefer')
        server.sql('select 1', mode='require')
    demand(capture, 'pgsql', 'encrypted', events=['app_encrypted'])
    server.set('ssl', 'off')


def test_postgresql_refused():
    server = postgres()
    with Capture('pgsql-refused', server.PORT) as capture:
        server.sql('select 1', password='wrong', ok=False)
    has(demand(capture, 'pgsql', 'ending', events=['app_auth_failed']), 'error_response .* 28P01 .*answers=1')


def test_postgresql_cancelled():
    server = postgres()
    with Capture('pgsql-cancel', server.PORT) as capture:
        sleeping = subprocess.Popen(
            ['psql', '-X', '-h', '127.0.0.1', '-U', 'joe', '-d', 'postgres', '-c', 'select pg_sleep(100)'], **QUIET,
            env={**os.environ, 'PGPASSWORD': 'secret', 'PGSSLMODE': 'disable', 'PGGSSENCMODE': 'disable'})
        until(lambda: '1' in server.local("select 1 from pg_stat_activity where wait_event = 'PgSleep'"), 'the query')
        sleeping.send_signal(signal.SIGINT)
        sleeping.wait(60)
        until(lambda: '1' not in server.local("select 1 from pg_stat_activity where wait_event = 'PgSleep'"), 'its end')
    has(demand(capture, 'pgsql', 'ending', 'cancel', events=['app_error']), '> cancel_request .*cancel$', 'error_response .* 57014')


def test_postgresql_replication():
    server = postgres()
    receive = tool('pg_receivewal', server.bin)
    end = server.local('select pg_switch_wal()', 'select pg_current_wal_lsn()').split()[-1]
    with Capture('pgsql-replication', server.PORT) as capture:
        client(receive, '-h', '127.0.0.1', '-U', 'joe', '-D', folder('wal'), '-E', end, '--no-loop',
               env={'PGPASSWORD': 'secret', 'PGSSLMODE': 'disable', 'PGGSSENCMODE': 'disable'}, **NOBODY, cwd='/')
    has(demand(capture, 'pgsql', 'ending'), '< copy_both_response .*copy_both$', '> copy_data', '< copy_data')


# MariaDB

class MariaDb:
    PORT = 3306
    running = None

    def __init__(self):
        install, daemon = tool('mariadb-install-db'), tool('mariadbd', '/usr/sbin')
        tool('mariadb')
        home = folder('my')
        certificate(home, 'server')
        client(install, '--no-defaults', f'--datadir={home}/data', '--auth-root-authentication-method=normal', '--skip-test-db',
               **NOBODY, cwd='/')
        self.socket = f'{home}/socket'
        self.process = subprocess.Popen(
            [daemon, '--no-defaults', f'--datadir={home}/data', f'--socket={self.socket}', f'--port={self.PORT}',
             '--bind-address=127.0.0.1', f'--pid-file={home}/pid', '--local-infile=1', '--innodb-buffer-pool-size=8M',
             '--innodb-flush-log-at-trx-commit=0', '--max-allowed-packet=64M', f'--ssl-cert={home}/server.crt',
             f'--ssl-key={home}/server.key', f'--ssl-ca={home}/server.crt'], cwd='/', **QUIET, **NOBODY)
        atexit.register(stop, self.process)
        until(lambda: subprocess.run(['mariadb', '--no-defaults', '-S', self.socket, '-u', 'root', '-e', 'select 1'], **QUIET,
                                     check=False).returncode == 0, 'MariaDB')
        client('mariadb', '--no-defaults', '-S', self.socket, '-u', 'root', '-e',
               "create user joe@'127.0.0.1' identified by 'secret'; grant all on *.* to joe@'127.0.0.1';"
               "create user ann@'127.0.0.1' identified by 'secret'; create database d")

    def sql(self, *args, ok=True, password='secret', tls='--skip-ssl', **how):
        return client('mariadb', '--no-defaults', tls, '-h', '127.0.0.1', '-P', str(self.PORT), '-u', 'joe', f'-p{password}', *args,
                      ok=ok, **how)


def mariadb():
    if not MariaDb.running:
        MariaDb.running = MariaDb()
    return MariaDb.running


def test_mariadb_queries():
    server = mariadb()
    rows = os.path.join(ROOT, 'rows')
    with open(rows, 'w', encoding='ascii') as file:
        file.write('3\tc\n4\td\n')
    os.chmod(rows, 0o644)
    with Capture('mysql-queries', server.PORT) as capture:
        server.sql('-e', "create table t (i int, s text); insert into t values (1, 'a'), (2, 'b'); select * from t", 'd')
        server.sql('--local-infile=1', '-e', "load data local infile 'rows' into table t; alter table t add key (i)", 'd',
                   cwd=ROOT)
        server.sql('-e', 'select nonsense', ok=False)
        server.sql('-e', 'load data local infile "/nowhere" into table t', '--local-infile=1', 'd', ok=False)
        server.sql('--delimiter=|', '-e', "select 1; insert into t values (5, 'e'); select 2|", 'd')
        server.sql('d', input='\\s\nuse d\nshow processlist;\n')
    messages = demand(capture, 'mysql', 'quit', events=['app_error'])
    has(messages, '> command .* query ', '< infile .*infile$', '> file_data', '< error .* 1054 ', '< row ', '> command .* statistics')


def test_mariadb_large():
    server = mariadb()
    with Capture('mysql-large', server.PORT) as capture:
        server.sql('--max-allowed-packet=64M', '-e', "select length(repeat('x', 17000000)), repeat('y', 17000000)")
    has(demand(capture, 'mysql', 'quit'), r'< row len=16777219')


def test_mariadb_encrypted():
    server = mariadb()
    with Capture('mysql-tls', server.PORT) as capture:
        server.sql('-e', 'select 1', tls='--ssl')
    has(demand(capture, 'mysql', 'tls', events=['app_encrypted']), '> ssl_request .*tls')


def test_mariadb_compressed():
    server = mariadb()
    with Capture('mysql-compressed', server.PORT) as capture:
        server.sql('-C', '-e', 'select 1')
    demand(capture, 'mysql', 'compressed', events=['app_compressed'])


def test_mariadb_refused():
    server = mariadb()
    with Capture('mysql-refused', server.PORT) as capture:
        server.sql('-e', 'select 1', password='wrong', ok=False)
    has(demand(capture, 'mysql', 'failed', events=['app_auth_failed']), '< error .* 1045 .*answers=1')


def test_mariadb_prepared():
    """The binary protocol, which no program of the distribution speaks: by libmariadb."""
    server = mariadb()
    try:
        lib = ctypes.CDLL('libmariadb.so.3')
    except OSError as error:
        raise Skip('libmariadb is not installed') from error
    for name in 'mysql_init', 'mysql_stmt_init', 'mysql_real_connect', 'mysql_store_result', 'mysql_stat', 'mysql_list_fields':
        getattr(lib, name).restype = ctypes.c_void_p
    lib.mysql_error.restype = ctypes.c_char_p

    def good(result, handle):
        assert result == 0, lib.mysql_error(handle)

    with Capture('mysql-prepared', server.PORT) as capture:
        db = ctypes.c_void_p(lib.mysql_init(None))
        assert lib.mysql_real_connect(db, b'127.0.0.1', b'joe', b'secret', b'd', server.PORT, None, ctypes.c_ulong(1 << 16 | 1 << 17))
        good(lib.mysql_query(db, b'create or replace table p (i int, s text)'), db)
        for text, cursor in ((b"insert into p values (1, 'a'), (2, 'b')", 0), (b'select * from p', 0), (b'select * from p', 1)):
            statement = ctypes.c_void_p(lib.mysql_stmt_init(db))
            good(lib.mysql_stmt_prepare(statement, text, ctypes.c_ulong(len(text))), db)
            kind = ctypes.c_ulong(cursor)
            lib.mysql_stmt_attr_set(statement, 1, ctypes.byref(kind))
            for _ in range(2):
                good(lib.mysql_stmt_execute(statement), db)
                if lib.mysql_stmt_field_count(statement):
                    while lib.mysql_stmt_fetch(statement) == 0:
                        pass
                lib.mysql_stmt_free_result(statement)
            lib.mysql_stmt_reset(statement)
            lib.mysql_stmt_close(statement)
        statement = ctypes.c_void_p(lib.mysql_stmt_init(db))
        assert lib.mysql_stmt_prepare(statement, b'selec', ctypes.c_ulong(5)) != 0
        lib.mysql_stmt_close(statement)
        good(lib.mysql_ping(db), db)
        lib.mysql_stat(db)
        good(lib.mysql_select_db(db, b'd'), db)
        lib.mysql_list_fields(db, b'p', None)
        good(lib.mysql_set_server_option(db, 0), db)
        good(lib.mysql_query(db, b'select 1; select 2; do 3'), db)
        while True:
            result = lib.mysql_store_result(db)
            if result:
                lib.mysql_free_result(ctypes.c_void_p(result))
            if lib.mysql_next_result(db) != 0:
                break
        good(lib.mysql_reset_connection(db), db)
        good(lib.mysql_change_user(db, b'ann', b'secret', None), db)
        lib.mysql_close(db)
    has(demand(capture, 'mysql', 'quit', events=['app_error']), '> command .* stmt_prepare', '> command .* stmt_execute',
        '> command .* stmt_fetch', '> command .* stmt_reset', '> command .* stmt_close', '> command .* ping', '< prepared',
        '> command .* change_user .*auth$', '< error .* 1064 ', '> command .* reset_connection', '> command .* field_list', '> command .* set_option')


# Diameter

DIAMETER = '''Identity = "peer{me}.example";
Realm = "example";
Port = {port};
SecPort = {tls};
No_SCTP;
No_IPv6;
ListenOn = "192.0.2.1";
TcTimer = {again};
TwTimer = 6;
TLS_Cred = "{home}/peer{me}.example.crt", "{home}/peer{me}.example.key";
TLS_CA = "{home}/ca.crt";
ConnectPeer = "peer{peer}.example" {{ No_TLS; No_SCTP; ConnectTo = "192.0.2.1"; Port = {peer_port}; }};
'''


def test_freediameter():
    daemon = tool('freeDiameterd')
    home = folder('fd')
    certificate(home, 'ca')
    for me in 1, 2:  # never used here, yet the daemons insist on them
        sign(home, f'peer{me}.example')
    peers = []
    with Capture('diameter', 3868, 3878) as capture:
        try:
            # The first connects in vain and waits, so that both never connect at once, and one of them loses.
            for me, peer, again in (1, 2, 100), (2, 1, 6):
                with open(f'{home}/{me}.conf', 'w', encoding='ascii') as file:
                    file.write(DIAMETER.format(me=me, peer=peer, home=home, again=again, port=3858 + 10 * me,
                                               tls=5858 + 10 * me, peer_port=3858 + 10 * peer))
                with open(f'{home}/{me}.log', 'wb') as log:
                    peers.append(subprocess.Popen([daemon, '-c', f'{home}/{me}.conf'], stdin=subprocess.DEVNULL, stdout=log,
                                                  stderr=log, cwd=home, **NOBODY))
                until(lambda: capture.has_segment_to(3878) or any(p.poll() for p in peers), 'a connection', 60)
            until(lambda: any('device_watchdog_answer' in line for line in capture.follow()[0]) or any(p.poll() for p in peers),
                  'a watchdog answer', 60)
        finally:
            for peer in peers:
                stop(peer)
    has(demand(capture, 'diameter', 'ended', 'closed'), '> capabilities_exchange_request .*wait_cea$',
        '< capabilities_exchange_answer .* 2001 .*open$', 'device_watchdog_answer .* 2001', 'disconnect_peer_request .*closing$',
        'disconnect_peer_answer .*ended$')


main({name: case for name, case in globals().items() if name.startswith('test_')})
