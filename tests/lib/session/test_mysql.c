/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* MySQL: conversations, in all the pieces in which they may come, and the messages in them. */
#include "app_rig.h"
#include "row.h"

struct row {
	const char *name, *conversation, *wanted;
	enum pkts_app_id app;
	uint16_t port;
	bool midstream, whole, large;
};

/* clang-format off */

#define GREET \
	"< m 0 0a '8.0.30' 00 01000000 'saltsalt' 00 ffff 21 0200 ffff 15 10*00 'saltsaltsalt' 00 'mysql_native_password' 00\n"
#define LOGIN \
	"> m 1 01a20f00 00000001 21 23*00 'root' 00 00\n"
#define LOGIN_EOF \
	"> m 1 01a20f01 00000001 21 23*00 'root' 00 00\n"
#define OK2 \
	"< m 2 00 00 00 0200 0000\n"
#define IN \
	GREET \
	LOGIN \
	OK2
#define IN_EOF \
	GREET \
	LOGIN_EOF \
	OK2
#define QUERY \
	"> m 0 03 'select 1'\n"
#define DEF "03 'def' 00 00 00 01 '1' 00 0c 3f00 01000000 08 8100 00 0000"

static const struct row rows[] = {
	{"1 log in, ping, quit",
		IN
		"> m 0 0e\n"
		"< m 1 00 00 00 0200 0000\n"
		"> m 0 01\n"
		"> $\n"
		"< $\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command ping +2 answer\n"
		"< ok -2 command\n"
		"> command quit quit\n"
		"= mysql quit done"},
	{"2 wrong password",
		GREET
		LOGIN
		"< m 2 ff 1504 '#28000Access denied'\n"
		"< $\n"
		"> $\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< error 1045 -1 failed auth_failed error\n"
		"= mysql failed done"},
	{"3 too many connections, before any greeting",
		"< m 0 ff 1004 'Too many connections'\n"
		"< $\n",
		"< error 1040 failed auth_failed error\n"
		"= mysql failed"},
	{"4 version 9, 3.20 login",
		"< m 0 09 '3.20' 00 01000000 'saltsalt' 00\n"
		"> m 1 0100 000001 'root' 00 00\n"
		"< m 2 00 00 00\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"= mysql command"},
	{"5 auth switch and data",
		GREET
		LOGIN
		"< m 2 fe 'mysql_native_password' 00 'saltsaltsaltsaltsalt' 00\n"
		"> m 3 20*11\n"
		"< m 4 00 00 00 0200 0000\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< auth_switch auth\n"
		"> auth_data auth\n"
		"< ok -1 command\n"
		"= mysql command"},
	{"6 caching_sha2, fast",
		GREET
		LOGIN
		"< m 2 01 03\n"
		"< m 3 00 00 00 0200 0000\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< auth_more auth\n"
		"< ok -1 command\n"
		"= mysql command"},
	{"7 caching_sha2, full with the server's key",
		GREET
		LOGIN
		"< m 2 01 04\n"
		"> m 3 02\n"
		"< m 4 01 '-----BEGIN PUBLIC KEY-----' 400*41\n"
		"> m 5 256*55\n"
		"< m 6 00 00 00 0200 0000\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< auth_more auth\n"
		"> auth_data auth\n"
		"< auth_more auth\n"
		"> auth_data auth\n"
		"< ok -1 command\n"
		"= mysql command"},
	{"8 TLS",
		GREET
		"> m 1 01aa0f00 00000001 21 23*00\n"
		"> x 16030100aa\n",
		"< greeting greeted\n"
		"> ssl_request tls encrypted\n"
		"= mysql tls done"},
	{"9 TLS that was not offered",
		"< m 0 0a '5.0.1' 00 01000000 'saltsalt' 00 0082 21 0200\n"
		"> m 1 01aa0f00 00000001 21 23*00\n",
		"< greeting greeted\n"
		"> ssl_request tls violation encrypted\n"
		"= mysql tls done"},
	{"10 compression begins behind OK",
		GREET
		"> m 1 21a20f00 00000001 21 23*00 'root' 00 00\n"
		OK2
		"> x 05000000000003\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 compressed compressed\n"
		"= mysql compressed done"},
	{"11 query: columns, EOF, rows, EOF",
		IN
		QUERY
		"< m 1 01\n"
		"< m 2 " DEF "\n"
		"< m 3 fe 0000 0200\n"
		"< m 4 01 '1'\n"
		"< m 5 fb\n"
		"< m 6 fe 0000 0200\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command query +2 answer\n"
		"< column_count answer\n"
		"< definition answer\n"
		"< eof answer\n"
		"< row answer\n"
		"< row answer\n"
		"< eof -2 command\n"
		"= mysql command"},
	{"12 query without EOF packets",
		IN_EOF
		QUERY
		"< m 1 01\n"
		"< m 2 " DEF "\n"
		"< m 3 01 '1'\n"
		"< m 4 fe 00 00 0200 0000\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command query +2 answer\n"
		"< column_count answer\n"
		"< definition answer\n"
		"< row answer\n"
		"< eof -2 command\n"
		"= mysql command"},
	{"13 an error among rows",
		IN
		QUERY
		"< m 1 01\n"
		"< m 2 " DEF "\n"
		"< m 3 fe 0000 0200\n"
		"< m 4 01 '1'\n"
		"< m 5 ff 2505 '#70100Query execution was interrupted'\n"
		"> m 0 0e\n"
		"< m 1 00 00 00 0200 0000\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command query +2 answer\n"
		"< column_count answer\n"
		"< definition answer\n"
		"< eof answer\n"
		"< row answer\n"
		"< error 1317 -2 command error\n"
		"> command ping +3 answer\n"
		"< ok -3 command\n"
		"= mysql command"},
	{"14 syntax error",
		IN
		"> m 0 03 'selec 1'\n"
		"< m 1 ff 2804 '#42000You have an error'\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command query +2 answer\n"
		"< error 1064 -2 command error\n"
		"= mysql command"},
	{"15 several results: OK, rows, OK",
		IN
		"> m 0 03 'insert ..; select 1; insert ..'\n"
		"< m 1 00 01 05 0a00 0000\n"
		"< m 2 01\n"
		"< m 3 " DEF "\n"
		"< m 4 fe 0000 0a00\n"
		"< m 5 01 '1'\n"
		"< m 6 fe 0000 0a00\n"
		"< m 7 00 fc0102 fd010203 0200 0000\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command query +2 answer\n"
		"< ok answer\n"
		"< column_count answer\n"
		"< definition answer\n"
		"< eof answer\n"
		"< row answer\n"
		"< eof answer\n"
		"< ok -2 command\n"
		"= mysql command"},
	{"16 a row that begins like EOF and is 17 MB long",
		IN
		QUERY
		"< m 1 01\n"
		"< m 2 " DEF "\n"
		"< m 3 fe 0000 0200\n"
		"< x ffffff04 fe 1111110100000000 16777206*41\n"
		"< m 5 1118489*41\n"
		"< m 6 fe 0000 0200\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command query +2 answer\n"
		"< column_count answer\n"
		"< definition answer\n"
		"< eof answer\n"
		"< row answer\n"
		"< eof -2 command\n"
		"= mysql command", .large = true},
	{"17 a query of 16 MB and more",
		IN
		"> x ffffff00 03 16777214*41\n"
		"> m 1 4*42\n"
		"< m 2 00 00 00 0200 0000\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command query +2 answer\n"
		"< ok -2 command\n"
		"= mysql command", .large = true},
	{"18 a query of 16 MB exactly: an empty packet ends it",
		IN
		"> x ffffff00 03 16777214*41\n"
		"> m 1\n"
		"< m 2 00 00 00 0200 0000\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command query +2 answer\n"
		"< ok -2 command\n"
		"= mysql command", .large = true},
	{"19 LOAD DATA LOCAL INFILE",
		IN
		"> m 0 03 'load data local infile ..'\n"
		"< m 1 fb '/tmp/x'\n"
		"> m 2 1000*41\n"
		"> m 3\n"
		"< m 4 00 02 00 0200 0000\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command query +2 answer\n"
		"< infile infile\n"
		"> file_data infile\n"
		"> file_data answer\n"
		"< ok -2 command\n"
		"= mysql command"},
	{"20 LOAD DATA LOCAL INFILE, no file, an error",
		IN
		"> m 0 03 'load data local infile ..'\n"
		"< m 1 fb '/tmp/x'\n"
		"> m 2\n"
		"< m 3 ff 2804 '#42000no'\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command query +2 answer\n"
		"< infile infile\n"
		"> file_data answer\n"
		"< error 1064 -2 command error\n"
		"= mysql command"},
	{"21 prepare with parameters and columns, execute, close",
		IN
		"> m 0 16 'select ?'\n"
		"< m 1 00 01000000 0100 0100 00 0000\n"
		"< m 2 " DEF "\n"
		"< m 3 fe 0000 0200\n"
		"< m 4 " DEF "\n"
		"< m 5 fe 0000 0200\n"
		"> m 0 17 01000000 00 01000000 00 01 fe00 01 '1'\n"
		"< m 1 01\n"
		"< m 2 " DEF "\n"
		"< m 3 fe 0000 0200\n"
		"< m 4 00 00 01 '1'\n"
		"< m 5 fe 0000 0200\n"
		"> m 0 19 01000000\n"
		"> m 0 01\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command stmt_prepare +2 answer\n"
		"< prepared answer\n"
		"< definition answer\n"
		"< eof answer\n"
		"< definition answer\n"
		"< eof -2 command\n"
		"> command stmt_execute +3 answer\n"
		"< column_count answer\n"
		"< definition answer\n"
		"< eof answer\n"
		"< row answer\n"
		"< eof -3 command\n"
		"> command stmt_close command\n"
		"> command quit quit\n"
		"= mysql quit"},
	{"22 prepare without EOF packets",
		IN_EOF
		"> m 0 16 'select ?'\n"
		"< m 1 00 01000000 0100 0100 00 0000\n"
		"< m 2 " DEF "\n"
		"< m 3 " DEF "\n"
		"> m 0 17 01000000 00 01000000 00 01 fe00 01 '1'\n"
		"< m 1 01\n"
		"< m 2 " DEF "\n"
		"< m 3 00 00 01 '1'\n"
		"< m 4 fe 00 00 0200 0000\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command stmt_prepare +2 answer\n"
		"< prepared answer\n"
		"< definition answer\n"
		"< definition -2 command\n"
		"> command stmt_execute +3 answer\n"
		"< column_count answer\n"
		"< definition answer\n"
		"< row answer\n"
		"< eof -3 command\n"
		"= mysql command"},
	{"23 prepare without parameters and columns; long data; reset",
		IN
		"> m 0 16 'do 1'\n"
		"< m 1 00 01000000 0000 0000 00 0000\n"
		"> m 0 18 01000000 0000 100*41\n"
		"> m 0 1a 01000000\n"
		"< m 1 00 00 00 0200 0000\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command stmt_prepare +2 answer\n"
		"< prepared -2 command\n"
		"> command stmt_send_long_data command\n"
		"> command stmt_reset +3 answer\n"
		"< ok -3 command\n"
		"= mysql command"},
	{"24 a cursor: execute opens it, fetch reads it",
		IN
		"> m 0 16 'select 1'\n"
		"< m 1 00 01000000 0100 0000 00 0000\n"
		"< m 2 " DEF "\n"
		"< m 3 fe 0000 0200\n"
		"> m 0 17 01000000 01 01000000\n"
		"< m 1 01\n"
		"< m 2 " DEF "\n"
		"< m 3 fe 0000 4200\n"
		"> m 0 1c 01000000 01000000\n"
		"< m 1 00 00 01 '1'\n"
		"< m 2 fe 0000 4200\n"
		"> m 0 1c 01000000 01000000\n"
		"< m 1 fe 0000 8200\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command stmt_prepare +2 answer\n"
		"< prepared answer\n"
		"< definition answer\n"
		"< eof -2 command\n"
		"> command stmt_execute +3 answer\n"
		"< column_count answer\n"
		"< definition answer\n"
		"< eof -3 command\n"
		"> command stmt_fetch +4 answer\n"
		"< row answer\n"
		"< eof -4 command\n"
		"> command stmt_fetch +5 answer\n"
		"< eof -5 command\n"
		"= mysql command"},
	{"25 MariaDB sends prepare and execute together",
		IN
		"> m 0 16 'select 1'\n"
		"> m 0 17 ffffffff 00 01000000\n"
		"< m 1 00 01000000 0000 0000 00 0000\n"
		"< m 1 01\n"
		"< m 2 " DEF "\n"
		"< m 3 fe 0000 0200\n"
		"< m 4 fe 0000 0200\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command stmt_prepare +2 answer\n"
		"> command stmt_execute +3 answer\n"
		"< prepared -2 answer\n"
		"< column_count answer\n"
		"< definition answer\n"
		"< eof answer\n"
		"< eof -3 command\n"
		"= mysql command"},
	{"26 field list",
		IN
		"> m 0 04 't' 00\n"
		"< m 1 " DEF " fb\n"
		"< m 2 fe 0000 0200\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command field_list +2 answer\n"
		"< definition answer\n"
		"< eof -2 command\n"
		"= mysql command"},
	{"27 statistics, debug, set option, change of database",
		IN
		"> m 0 09\n"
		"< m 1 'Uptime: 1'\n"
		"> m 0 0d\n"
		"< m 1 fe 0000 0200\n"
		"> m 0 1b 0000\n"
		"< m 1 fe 0000 0200\n"
		"> m 0 02 'test'\n"
		"< m 1 00 00 00 0200 0000\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command statistics +2 answer\n"
		"< text -2 command\n"
		"> command debug +3 answer\n"
		"< eof -3 command\n"
		"> command set_option +4 answer\n"
		"< eof -4 command\n"
		"> command init_db +5 answer\n"
		"< ok -5 command\n"
		"= mysql command"},
	{"28 change of user",
		IN
		"> m 0 11 'joe' 00 00 00\n"
		"< m 1 fe 'mysql_native_password' 00 'saltsaltsaltsaltsalt' 00\n"
		"> m 2 20*11\n"
		"< m 3 00 00 00 0200 0000\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command change_user +2 auth\n"
		"< auth_switch auth\n"
		"> auth_data auth\n"
		"< ok -2 command\n"
		"= mysql command"},
	{"29 binary logs",
		IN
		"> m 0 12 04000000 0000 02000000 'bin.000001'\n"
		"< m 1 00 500*00\n"
		"< m 2 00 100*00\n"
		"> m 0 ef 8*00\n"
		"< m 3 fe 0000 0200\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command binlog_dump +2 stream\n"
		"< log_event stream\n"
		"< log_event stream\n"
		"> semisync stream\n"
		"< eof -2 command\n"
		"= mysql command"},
	{"30 optional metadata left out",
		"< m 0 0a '8.0.30' 00 01000000 'saltsalt' 00 ffff 21 0200 ffff 15 10*00 'saltsaltsalt' 00\n"
		"> m 1 01a20f03 00000001 21 23*00 'root' 00 00\n"
		OK2
		QUERY
		"< m 1 00 01\n"
		"< m 2 01 '1'\n"
		"< m 3 fe 00 00 0200 0000\n"
		QUERY
		"< m 1 01 01\n"
		"< m 2 " DEF "\n"
		"< m 3 01 '1'\n"
		"< m 4 fe 00 00 0200 0000\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command query +2 answer\n"
		"< column_count answer\n"
		"< row answer\n"
		"< eof -2 command\n"
		"> command query +3 answer\n"
		"< column_count answer\n"
		"< definition answer\n"
		"< row answer\n"
		"< eof -3 command\n"
		"= mysql command"},
	{"31 MariaDB: progress reports, cached metadata",
		"< m 0 0a '5.5.5-10.11.2-MariaDB' 00 01000000 'saltsalt' 00 fef7 21 0200 ff81 15 6*00 1d000000 'saltsaltsalt' 00 'mysql_native_password' 00\n"
		"> m 1 00a20f01 00000001 21 19*00 1d000000 'root' 00 00\n"
		OK2
		"> m 0 03 'alter table t'\n"
		"< m 1 ff ffff 01 01 02 102700 05 'stage'\n"
		"< m 2 00 00 00 0200 0000\n"
		QUERY
		"< m 1 01 00\n"
		"< m 2 01 '1'\n"
		"< m 3 fe 00 00 0200 0000\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command query +2 answer\n"
		"< progress answer\n"
		"< ok -2 command\n"
		"> command query +3 answer\n"
		"< column_count answer\n"
		"< row answer\n"
		"< eof -3 command\n"
		"= mysql command"},
	{"32 the server ends an idle connection",
		IN
		"< m 0 ff c70f '#HY000The client was disconnected by the server because of inactivity'\n"
		"< $\n"
		"> $\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"< error 4039 failed error\n"
		"= mysql failed done"},
	{"33 wrong sequence id",
		IN
		QUERY
		"< m 2 00 00 00 0200 0000\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command query +2 answer\n"
		"< ok -2 command violation\n"
		"= mysql command"},
	{"34 wrong sequence id of a command",
		IN
		"> m 1 0e\n"
		"< m 2 00 00 00 0200 0000\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command ping +2 answer violation\n"
		"< ok -2 command\n"
		"= mysql command"},
	{"35 an answer to nothing",
		IN
		"< m 1 00 00 00 0200 0000\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"! violation\n"
		"= mysql lost done"},
	{"36 a command before the greeting",
		"> m 0 03 'select 1'\n",
		"! violation\n"
		"= mysql lost done", .app = PKTS_APP_MYSQL},
	{"37 a command behind quit",
		IN
		"> m 0 01\n"
		"> m 0 0e\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command quit quit\n"
		"! violation\n"
		"= mysql lost done"},
	{"38 empty command",
		IN
		"> m 0\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"! format\n"
		"= mysql lost done"},
	{"39 empty answer",
		IN
		QUERY
		"< m 1\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command query +2 answer\n"
		"! format\n"
		"= mysql lost done"},
	{"40 more columns than there can be",
		IN
		QUERY
		"< m 1 fd ffffff\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command query +2 answer\n"
		"! format\n"
		"= mysql lost done"},
	{"41 a number of columns that is cut",
		IN
		QUERY
		"< m 1 fc 01\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command query +2 answer\n"
		"! format\n"
		"= mysql lost done"},
	{"42 no EOF behind prepared columns",
		IN
		"> m 0 16 'select ?'\n"
		"< m 1 00 01000000 0000 0100 00 0000\n"
		"< m 2 " DEF "\n"
		"< m 3 00 00 00 0200 0000\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command stmt_prepare +2 answer\n"
		"< prepared answer\n"
		"< definition answer\n"
		"! violation\n"
		"= mysql lost done"},
	{"43 a login that is too short",
		GREET
		"> m 1 01a20f00 00\n",
		"< greeting greeted\n"
		"! format\n"
		"= mysql lost done"},
	{"44 a greeting without an end",
		"< m 0 0a '8.0.30' 200*41\n",
		"! format\n"
		"= mysql lost done"},
	{"45 a gap inside a row",
		IN
		QUERY
		"< m 1 01\n"
		"< m 2 " DEF "\n"
		"< m 3 fe 0000 0200\n"
		"< x e8030004 fd e50300 100*41\n"
		"< ~ 800\n"
		"< x 96*41\n"
		"< m 5 fe 0000 0200\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command query +2 answer\n"
		"< column_count answer\n"
		"< definition answer\n"
		"< eof answer\n"
		"< row answer\n"
		"< eof -2 command\n"
		"= mysql command"},
	{"46 a gap beyond a row",
		IN
		QUERY
		"< m 1 01\n"
		"< m 2 " DEF "\n"
		"< m 3 fe 0000 0200\n"
		"< x e8030004 fd e50300 100*41\n"
		"< ~ 897\n"
		"< m 5 fe 0000 0200\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command query +2 answer\n"
		"< column_count answer\n"
		"< definition answer\n"
		"< eof answer\n"
		"< row answer\n"
		"! gap\n"
		"= mysql lost done"},
	{"47 a gap in a header",
		IN
		"< x 0700\n"
		"< ~ 2\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"! gap\n"
		"= mysql lost done"},
	{"48 ends inside a message",
		IN
		"> x 0900\n"
		"> $\n"
		"< $\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"! unfinished\n"
		"= mysql command done"},
	{"49 more commands ahead than are kept",
		IN
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n"
		"> m 0 0e\n",
		"< greeting greeted\n"
		"> login +1 auth\n"
		"< ok -1 command\n"
		"> command ping +2 answer\n"
		"> command ping +3 answer\n"
		"> command ping +4 answer\n"
		"> command ping +5 answer\n"
		"> command ping +6 answer\n"
		"> command ping +7 answer\n"
		"> command ping +8 answer\n"
		"> command ping +9 answer\n"
		"> command ping +10 answer\n"
		"> command ping +11 answer\n"
		"> command ping +12 answer\n"
		"> command ping +13 answer\n"
		"> command ping +14 answer\n"
		"> command ping +15 answer\n"
		"> command ping +16 answer\n"
		"> command ping +17 answer\n"
		"> command ping +18 answer\n"
		"> command ping +19 answer\n"
		"> command ping +20 answer\n"
		"> command ping +21 answer\n"
		"> command ping +22 answer\n"
		"> command ping +23 answer\n"
		"> command ping +24 answer\n"
		"> command ping +25 answer\n"
		"> command ping +26 lost evicted\n"
		"= mysql lost done"},
};
/* clang-format on */

static void conversations(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		const struct app_rig like = {.app = rows[i].app,
			.dport = rows[i].port,
			.midstream = rows[i].midstream,
			.whole = rows[i].whole,
			.large = rows[i].large};
		app_rig_demand(&like, rows[i].name, rows[i].conversation, rows[i].wanted);
	}
}

static void run(struct app_rig *r, const char *conversation)
{
	memset(r, 0, sizeof(*r));
	app_rig_run(r, conversation, 0);
}

/* What holds is what both sides can do, and the state is there to be looked at. */
static void state_is_visible(void **state)
{
	static struct app_rig r;

	(void)state;
	run(&r, IN);
	assert_int_equal(r.s.mysql.server_caps, 0xffffffff);
	assert_int_equal(r.s.mysql.client_caps, 0x000fa201);
	assert_int_equal(r.s.mysql.caps, 0x000fa201);
	assert_false(r.s.mysql.maria);
	run(&r, IN QUERY "< m 1 01\n");
	assert_int_equal(r.s.mysql.part, PKTS_MYSQL_PART_DEFINITIONS);
	assert_int_equal(r.s.mysql.left, 1);
	assert_int_equal(pkts_app_session_waiting(&r.s), 1);
	assert_int_equal(r.s.mysql.waiting[r.s.mysql.first].command, PKTS_MYSQL_COM_QUERY);
	run(&r, IN "> m 0 03 'selec'\n< m 1 ff 2804 '#42000x'\n");
	assert_int_equal(r.s.mysql.error, 1064);
	assert_int_equal(pkts_app_session_waiting(&r.s), 0);
}

/* Copied in the middle, both copies go on alike. */
static void state_is_copyable(void **state)
{
	static struct app_rig r;
	uint8_t bytes[64];
	const uint32_t n = app_rig_bytes("m 1 00 00 00 0200 0000", bytes, sizeof(bytes));

	(void)state;
	run(&r, IN QUERY);
	struct pkts_app_session copy = r.s;
	for (uint32_t i = 0; i < n; i++)
		pkts_app_session_put(&copy, 1, (struct pkts_span){bytes + i, 1}, NULL);
	pkts_app_session_put(&r.s, 1, (struct pkts_span){bytes, n}, NULL);
	assert_int_equal(copy.state, PKTS_MYSQL_STATE_COMMAND);
	assert_int_equal(r.s.state, PKTS_MYSQL_STATE_COMMAND);
	assert_int_equal(copy.messages, r.s.messages);
}

static void commands_have_names(void **state)
{
	(void)state;
	assert_string_equal(pkts_mysql_command_name(PKTS_MYSQL_COM_QUERY), "query");
	assert_string_equal(pkts_mysql_command_name(0xfa), "stmt_bulk_execute");
	assert_string_equal(pkts_mysql_command_name(0x77), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversations),
		cmocka_unit_test(state_is_visible),
		cmocka_unit_test(state_is_copyable),
		cmocka_unit_test(commands_have_names),
	};

	return cmocka_run_group_tests_name("mysql", tests, NULL, NULL);
}
