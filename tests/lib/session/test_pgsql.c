/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* PostgreSQL: conversations, in all the pieces in which they may come, and the messages in them. */
#include "app_rig.h"

#include <stdio.h>

#include "row.h"

struct row {
	const char *name, *conversation, *wanted;
	enum pkts_app_id app;
	uint16_t port;
	bool midstream, whole, large;
};

/* clang-format off */

#define START \
	"> s 00030000 'user' 00 'joe' 00 00\n"
#define IN \
	START \
	"< q R 00000000\n" \
	"< q S 'server_version' 00 '15' 00\n" \
	"< q K 0000000100000002\n" \
	"< q Z 'I'\n"

static const struct row rows[] = {
	{"1 trust, a query, terminate",
		IN
		"> q Q 'select 1' 00\n"
		"< q T 0001 '1' 00 18*00\n"
		"< q D 0001 00000001 '1'\n"
		"< q C 'SELECT 1' 00\n"
		"< q Z 'I'\n"
		"> q X\n"
		"> $\n"
		"< $\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> query +2 busy\n"
		"< row_description busy\n"
		"< data_row busy\n"
		"< command_complete busy\n"
		"< ready_for_query -2 ready\n"
		"> terminate ending\n"
		"= pgsql ending done"},
	{"2 SASL",
		START
		"< q R 0000000a 'SCRAM-SHA-256' 0000\n"
		"> q p 'SCRAM-SHA-256' 00 00000004 'abcd'\n"
		"< q R 0000000b 'r=abc'\n"
		"> q p 'c=biws'\n"
		"< q R 0000000c 'v=abc'\n"
		"< q R 00000000\n"
		"< q Z 'I'\n",
		"> startup +1 auth\n"
		"< authentication auth\n"
		"> password auth\n"
		"< authentication auth\n"
		"> password auth\n"
		"< authentication auth\n"
		"< authentication setup\n"
		"< ready_for_query -1 ready\n"
		"= pgsql ready"},
	{"3 MD5, refused",
		START
		"< q R 00000005 01020304\n"
		"> q p 'md5abc' 00\n"
		"< q E 'SFATAL' 00 'VFATAL' 00 'C28P01' 00 'Mpassword authentication failed' 00 00\n"
		"< $\n"
		"> $\n",
		"> startup +1 auth\n"
		"< authentication auth\n"
		"> password auth\n"
		"< error_response 28P01 -1 ending auth_failed error\n"
		"= pgsql ending done"},
	{"4 no such database: refused too",
		START
		"< q R 00000000\n"
		"< q E 'SFATAL' 00 'VFATAL' 00 'C3D000' 00 'Mno' 00 00\n"
		"< $\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< error_response 3D000 -1 ending auth_failed error\n"
		"= pgsql ending"},
	{"5 TLS",
		"> s 04d2162f\n"
		"< x 'S'\n"
		"> x 16030100aa\n",
		"> ssl_request ssl_asked\n"
		"< ssl_answer encrypted encrypted\n"
		"= pgsql encrypted done"},
	{"6 no TLS here",
		"> s 04d2162f\n"
		"< x 'N'\n"
		IN,
		"> ssl_request ssl_asked\n"
		"< ssl_answer start\n"
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"= pgsql ready"},
	{"7 GSS, no; TLS, no",
		"> s 04d21630\n"
		"< x 'N'\n"
		"> s 04d2162f\n"
		"< x 'N'\n"
		START,
		"> gss_request gss_asked\n"
		"< ssl_answer start\n"
		"> ssl_request ssl_asked\n"
		"< ssl_answer start\n"
		"> startup +1 auth\n"
		"= pgsql auth"},
	{"8 GSS",
		"> s 04d21630\n"
		"< x 'G'\n",
		"> gss_request gss_asked\n"
		"< ssl_answer encrypted encrypted\n"
		"= pgsql encrypted done"},
	{"9 an old server answers SSLRequest with an error",
		"> s 04d2162f\n"
		"< q E 'SFATAL' 00 'C0A000' 00 00\n"
		"< $\n",
		"> ssl_request ssl_asked\n"
		"< error_response 0A000 ending auth_failed error\n"
		"= pgsql ending"},
	{"10 a client that does not wait for the answer to SSLRequest",
		"> s 04d2162f\n"
		START,
		"> ssl_request ssl_asked\n"
		"> startup +1 auth violation\n"
		"= pgsql auth"},
	{"11 direct TLS",
		"> x 1603010200010001fc0303\n",
		"! encrypted\n"
		"= pgsql encrypted done", .app = PKTS_APP_PGSQL},
	{"12 cancel",
		"> s 04d2162e 0000000100000002\n"
		"> $\n"
		"< $\n",
		"> cancel_request cancel\n"
		"= pgsql cancel done"},
	{"13 version 3.2 and longer key data",
		"> s 00030002 'user' 00 'joe' 00 '_pq_.x' 00 '1' 00 00\n"
		"< q v 00030000 00000001 '_pq_.x' 00\n"
		"< q R 00000000\n"
		"< q K 00000001 32*55\n"
		"< q Z 'I'\n",
		"> startup +1 auth\n"
		"< negotiate_protocol_version auth\n"
		"< authentication setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"= pgsql ready"},
	{"14 extended: parse, bind, describe, execute, sync",
		IN
		"> q P 00 'select $1' 00 0000\n"
		"> q B 00 00 0000 0000 0000\n"
		"> q D 'P' 00\n"
		"> q E 00 00000000\n"
		"> q S\n"
		"< q 1\n"
		"< q 2\n"
		"< q T 0001 '1' 00 18*00\n"
		"< q D 0001 00000001 '1'\n"
		"< q C 'SELECT 1' 00\n"
		"< q Z 'I'\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> parse busy\n"
		"> bind busy\n"
		"> describe busy\n"
		"> execute busy\n"
		"> sync +2 busy\n"
		"< parse_complete busy\n"
		"< bind_complete busy\n"
		"< row_description busy\n"
		"< data_row busy\n"
		"< command_complete busy\n"
		"< ready_for_query -2 ready\n"
		"= pgsql ready"},
	{"15 extended: describe a statement, flush, close",
		IN
		"> q P 's' 00 'select $1' 00 0000\n"
		"> q D 'S' 's' 00\n"
		"> q H\n"
		"< q 1\n"
		"< q t 0001 00000017\n"
		"< q T 0001 '1' 00 18*00\n"
		"> q C 'S' 's' 00\n"
		"> q S\n"
		"< q 3\n"
		"< q Z 'I'\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> parse busy\n"
		"> describe busy\n"
		"> flush busy\n"
		"< parse_complete busy\n"
		"< parameter_description busy\n"
		"< row_description busy\n"
		"> close busy\n"
		"> sync +2 busy\n"
		"< close_complete busy\n"
		"< ready_for_query -2 ready\n"
		"= pgsql ready"},
	{"16 a pipeline of three",
		IN
		"> q B 00 's' 00 0000 0000 0000\n"
		"> q D 'P' 00\n"
		"> q E 00 00000000\n"
		"> q S\n"
		"> q B 00 's' 00 0000 0000 0000\n"
		"> q E 00 00000000\n"
		"> q S\n"
		"> q B 00 's' 00 0000 0000 0000\n"
		"< q 2\n"
		"< q n\n"
		"< q C 'UPDATE 1' 00\n"
		"< q Z 'I'\n"
		"< q 2\n"
		"> q E 00 00000001\n"
		"> q S\n"
		"< q C 'UPDATE 1' 00\n"
		"< q Z 'I'\n"
		"< q 2\n"
		"< q D 0001 00000001 '1'\n"
		"< q s\n"
		"< q Z 'T'\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> bind busy\n"
		"> describe busy\n"
		"> execute busy\n"
		"> sync +2 busy\n"
		"> bind busy\n"
		"> execute busy\n"
		"> sync +3 busy\n"
		"> bind busy\n"
		"< bind_complete busy\n"
		"< no_data busy\n"
		"< command_complete busy\n"
		"< ready_for_query -2 busy\n"
		"< bind_complete busy\n"
		"> execute busy\n"
		"> sync +4 busy\n"
		"< command_complete busy\n"
		"< ready_for_query -3 busy\n"
		"< bind_complete busy\n"
		"< data_row busy\n"
		"< portal_suspended busy\n"
		"< ready_for_query -4 ready\n"
		"= pgsql ready"},
	{"17 an error: all is skipped up to the Sync",
		IN
		"> q P 00 'selec' 00 0000\n"
		"> q B 00 00 0000 0000 0000\n"
		"> q E 00 00000000\n"
		"> q S\n"
		"> q P 00 'select' 00 0000\n"
		"> q S\n"
		"< q E 'SERROR' 00 'VERROR' 00 'C42601' 00 'Msyntax' 00 00\n"
		"< q Z 'I'\n"
		"< q 1\n"
		"< q Z 'I'\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> parse busy\n"
		"> bind busy\n"
		"> execute busy\n"
		"> sync +2 busy\n"
		"> parse busy\n"
		"> sync +3 busy\n"
		"< error_response 42601 busy error\n"
		"< ready_for_query -2 busy\n"
		"< parse_complete busy\n"
		"< ready_for_query -3 ready\n"
		"= pgsql ready"},
	{"18 an error before the Sync was sent",
		IN
		"> q P 00 'selec' 00 0000\n"
		"> q H\n"
		"< q E 'SERROR' 00 'VERROR' 00 'C42601' 00 'Msyntax' 00 00\n"
		"> q B 00 00 0000 0000 0000\n"
		"> q Q 'ignored' 00\n"
		"> q S\n"
		"< q Z 'I'\n"
		"> q Q 'select 1' 00\n"
		"< q C 'SELECT 1' 00\n"
		"< q Z 'I'\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> parse busy\n"
		"> flush busy\n"
		"< error_response 42601 busy error\n"
		"> bind busy\n"
		"> query busy\n"
		"> sync +2 busy\n"
		"< ready_for_query -2 ready\n"
		"> query +3 busy\n"
		"< command_complete busy\n"
		"< ready_for_query -3 ready\n"
		"= pgsql ready"},
	{"19 an error in a transaction, several statements",
		IN
		"> q Q 'begin; select 1/0; commit' 00\n"
		"< q C 'BEGIN' 00\n"
		"< q E 'SERROR' 00 'VERROR' 00 'C22012' 00 'Mdivision by zero' 00 00\n"
		"< q Z 'E'\n"
		"> q Q 'rollback' 00\n"
		"< q C 'ROLLBACK' 00\n"
		"< q Z 'I'\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> query +2 busy\n"
		"< command_complete busy\n"
		"< error_response 22012 busy error\n"
		"< ready_for_query -2 ready\n"
		"> query +3 busy\n"
		"< command_complete busy\n"
		"< ready_for_query -3 ready\n"
		"= pgsql ready"},
	{"20 empty query, notices and notifications at any time",
		IN
		"< q A 00000001 'chan' 00 00\n"
		"> q Q 00\n"
		"< q N 'SWARNING' 00 'C01000' 00 00\n"
		"< q I\n"
		"< q Z 'I'\n"
		"< q S 'TimeZone' 00 'UTC' 00\n"
		"< q N 'SNOTICE' 00 'C00000' 00 00\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"< notification_response ready\n"
		"> query +2 busy\n"
		"< notice_response busy\n"
		"< empty_query_response busy\n"
		"< ready_for_query -2 ready\n"
		"< parameter_status ready\n"
		"< notice_response ready\n"
		"= pgsql ready"},
	{"21 COPY IN",
		IN
		"> q Q 'copy t from stdin' 00\n"
		"< q G 00 0001 0000\n"
		"> q d '1' 0a\n"
		"> q d 1000*41\n"
		"> q c\n"
		"< q C 'COPY 2' 00\n"
		"< q Z 'I'\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> query +2 busy\n"
		"< copy_in_response copy_in\n"
		"> copy_data copy_in\n"
		"> copy_data copy_in\n"
		"> copy_done busy\n"
		"< command_complete busy\n"
		"< ready_for_query -2 ready\n"
		"= pgsql ready"},
	{"22 COPY IN, the client fails",
		IN
		"> q Q 'copy t from stdin' 00\n"
		"< q G 00 0001 0000\n"
		"> q f 'no' 00\n"
		"< q E 'SERROR' 00 'VERROR' 00 'C57014' 00 'Mno' 00 00\n"
		"< q Z 'I'\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> query +2 busy\n"
		"< copy_in_response copy_in\n"
		"> copy_fail busy\n"
		"< error_response 57014 busy error\n"
		"< ready_for_query -2 ready\n"
		"= pgsql ready"},
	{"23 COPY IN, the server fails and the client does not know yet",
		IN
		"> q Q 'copy t from stdin' 00\n"
		"< q G 00 0001 0000\n"
		"> q d 'x' 0a\n"
		"< q E 'SERROR' 00 'VERROR' 00 'C22P02' 00 'Mno' 00 00\n"
		"< q Z 'I'\n"
		"> q d 'y' 0a\n"
		"> q c\n"
		"> q Q 'select 1' 00\n"
		"< q C 'SELECT 1' 00\n"
		"< q Z 'I'\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> query +2 busy\n"
		"< copy_in_response copy_in\n"
		"> copy_data copy_in\n"
		"< error_response 22P02 busy error\n"
		"< ready_for_query -2 ready\n"
		"> copy_data ready\n"
		"> copy_done ready\n"
		"> query +3 busy\n"
		"< command_complete busy\n"
		"< ready_for_query -3 ready\n"
		"= pgsql ready"},
	{"24 COPY IN by the extended protocol: a Sync too early is read as part of it",
		IN
		"> q P 00 'copy t from stdin' 00 0000\n"
		"> q B 00 00 0000 0000 0000\n"
		"> q E 00 00000000\n"
		"> q S\n"
		"< q 1\n"
		"< q 2\n"
		"< q G 00 0001 0000\n"
		"> q d '1' 0a\n"
		"> q S\n"
		"> q c\n"
		"> q S\n"
		"< q C 'COPY 1' 00\n"
		"< q Z 'I'\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> parse busy\n"
		"> bind busy\n"
		"> execute busy\n"
		"> sync +2 busy\n"
		"< parse_complete busy\n"
		"< bind_complete busy\n"
		"< copy_in_response copy_in\n"
		"> copy_data copy_in\n"
		"> sync copy_in\n"
		"> copy_done busy\n"
		"> sync +3 busy\n"
		"< command_complete busy\n"
		"< ready_for_query -3 ready\n"
		"= pgsql ready"},
	{"25 COPY OUT, long rows",
		IN
		"> q Q 'copy t to stdout' 00\n"
		"< q H 00 0001 0000\n"
		"< q d 70000*41\n"
		"< q d 10*41\n"
		"< q c\n"
		"< q C 'COPY 2' 00\n"
		"< q Z 'I'\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> query +2 busy\n"
		"< copy_out_response copy_out\n"
		"< copy_data copy_out\n"
		"< copy_data copy_out\n"
		"< copy_done busy\n"
		"< command_complete busy\n"
		"< ready_for_query -2 ready\n"
		"= pgsql ready"},
	{"26 COPY both ways",
		IN
		"> q Q 'START_REPLICATION 0/0' 00\n"
		"< q W 00 0000\n"
		"< q d 'w' 24*00\n"
		"> q d 'r' 33*00\n"
		"> q c\n"
		"< q c\n"
		"< q C 'COPY 0' 00\n"
		"< q Z 'I'\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> query +2 busy\n"
		"< copy_both_response copy_both\n"
		"< copy_data copy_both\n"
		"> copy_data copy_both\n"
		"> copy_done copy_both\n"
		"< copy_done busy\n"
		"< command_complete busy\n"
		"< ready_for_query -2 ready\n"
		"= pgsql ready"},
	{"27 function call",
		IN
		"> q F 00000001 0000 0000 0000\n"
		"< q V ffffffff\n"
		"< q Z 'I'\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> function_call +2 busy\n"
		"< function_call_response busy\n"
		"< ready_for_query -2 ready\n"
		"= pgsql ready"},
	{"28 shut down by the administrator while idle",
		IN
		"< q E 'SFATAL' 00 'VFATAL' 00 'C57P01' 00 'Mterminating' 00 00\n"
		"< $\n"
		"> $\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"< error_response 57P01 ending error\n"
		"= pgsql ending done"},
	{"29 an error for nothing, not fatal",
		IN
		"< q E 'SERROR' 00 'VERROR' 00 'C42601' 00 00\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"< error_response 42601 ready violation error\n"
		"= pgsql ready"},
	{"30 rows that nobody asked for",
		IN
		"< q D 0001 00000001 '1'\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"< data_row ready violation\n"
		"= pgsql ready"},
	{"31 ParseComplete without Parse",
		IN
		"> q B 00 00 0000 0000 0000\n"
		"> q S\n"
		"< q 1\n"
		"< q 2\n"
		"< q Z 'I'\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> bind busy\n"
		"> sync +2 busy\n"
		"< parse_complete busy violation\n"
		"< bind_complete busy\n"
		"< ready_for_query -2 ready\n"
		"= pgsql ready"},
	{"32 ReadyForQuery twice",
		IN
		"< q Z 'I'\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"< ready_for_query ready violation\n"
		"= pgsql ready"},
	{"33 ReadyForQuery too early",
		IN
		"> q P 00 'select' 00 0000\n"
		"> q B 00 00 0000 0000 0000\n"
		"> q S\n"
		"< q 1\n"
		"< q Z 'I'\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> parse busy\n"
		"> bind busy\n"
		"> sync +2 busy\n"
		"< parse_complete busy\n"
		"< ready_for_query -2 ready violation\n"
		"= pgsql ready"},
	{"34 CopyData without COPY",
		IN
		"> q Q 'select 1' 00\n"
		"< q d '1'\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> query +2 busy\n"
		"< copy_data busy violation\n"
		"= pgsql busy"},
	{"35 a query before the client is let in",
		START
		"> q Q 'select 1' 00\n",
		"> startup +1 auth\n"
		"> query auth violation\n"
		"= pgsql auth"},
	{"36 a password too late",
		IN
		"> q p 'x' 00\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> password ready violation\n"
		"= pgsql ready"},
	{"37 behind Terminate",
		IN
		"> q X\n"
		"> q Q 'select 1' 00\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> terminate ending\n"
		"> query ending violation\n"
		"= pgsql ending"},
	{"38 queries sent right behind the start-up's OK",
		START
		"< q R 00000000\n"
		"> q Q 'select 1' 00\n"
		"< q Z 'I'\n"
		"< q C 'SELECT 1' 00\n"
		"< q Z 'I'\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"> query +2 setup\n"
		"< ready_for_query -1 busy\n"
		"< command_complete busy\n"
		"< ready_for_query -2 ready\n"
		"= pgsql ready"},
	{"39 an unknown message",
		IN
		"> q Y\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"! format\n"
		"= pgsql lost done"},
	{"40 an unknown message of the server",
		IN
		"< q q 00\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"! format\n"
		"= pgsql lost done"},
	{"41 an impossible length",
		IN
		"> x 51 00000003\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"! format\n"
		"= pgsql lost done"},
	{"42 a negative length",
		IN
		"< x 44 ffffffff\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"! format\n"
		"= pgsql lost done"},
	{"43 a start-up message that is too long",
		"> x 00002711 00030000\n",
		"! format\n"
		"= pgsql lost done", .app = PKTS_APP_PGSQL},
	{"44 protocol 2",
		"> s 00020000 100*00\n",
		"! format\n"
		"= pgsql lost done", .app = PKTS_APP_PGSQL},
	{"45 an authentication request without its number",
		START
		"< q R 0000\n",
		"> startup +1 auth\n"
		"! format\n"
		"= pgsql lost done"},
	{"46 ReadyForQuery without a state",
		IN
		"> q Q 00\n"
		"< q Z\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> query +2 busy\n"
		"! format\n"
		"= pgsql lost done"},
	{"47 a gap inside a row",
		IN
		"> q Q 'select 1' 00\n"
		"< x 44 00002710 100*00\n"
		"< ~ 9892\n"
		"< ~ 4\n"
		"< q C 'SELECT 1' 00\n"
		"< q Z 'I'\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> query +2 busy\n"
		"< data_row busy\n"
		"< command_complete busy\n"
		"< ready_for_query -2 ready\n"
		"= pgsql ready"},
	{"48 a gap between rows",
		IN
		"> q Q 'select 1' 00\n"
		"< q D 0001 00000001 '1'\n"
		"< ~ 1\n"
		"< q C 'SELECT 1' 00\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> query +2 busy\n"
		"< data_row busy\n"
		"! gap\n"
		"= pgsql lost done"},
	{"49 ends inside a message",
		IN
		"> x 51 000000ff 41\n"
		"> $\n"
		"< $\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"! unfinished\n"
		"= pgsql ready done"},
	{"50 COPY IN by the extended protocol, the server fails: the Sync counts again",
		IN
		"> q P 00 'copy t from stdin' 00 0000\n"
		"> q B 00 00 0000 0000 0000\n"
		"> q E 00 00000000\n"
		"< q 1\n"
		"< q 2\n"
		"< q G 00 0001 0000\n"
		"> q d 'x' 0a\n"
		"< q E 'SERROR' 00 'VERROR' 00 'C22P02' 00 'Mno' 00 00\n"
		"> q S\n"
		"< q Z 'I'\n",
		"> startup +1 auth\n"
		"< authentication setup\n"
		"< parameter_status setup\n"
		"< backend_key_data setup\n"
		"< ready_for_query -1 ready\n"
		"> parse busy\n"
		"> bind busy\n"
		"> execute busy\n"
		"< parse_complete busy\n"
		"< bind_complete busy\n"
		"< copy_in_response copy_in\n"
		"> copy_data copy_in\n"
		"< error_response 22P02 busy error\n"
		"> sync +2 busy\n"
		"< ready_for_query -2 ready\n"
		"= pgsql ready"},
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

static void sqlstates(void **state)
{
	static const char *const codes[] = {"28P01", "42601", "XX000", "ZZZZZ", "00001"};
	char text[6];

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(codes); i++) {
		pkts_pgsql_sqlstate(pkts_pgsql_sqlstate_of((const uint8_t *)codes[i]), text);
		assert_string_equal(text, codes[i]);
	}
	assert_int_equal(pkts_pgsql_sqlstate_of((const uint8_t *)"00000"), 0);
	assert_int_equal(pkts_pgsql_sqlstate_of((const uint8_t *)"4260x"), 0);
}

/* Beyond what is kept the order of answers is not looked at, until all are answered; then it is again. */
static void a_pipeline_too_long(void **state)
{
	static struct app_rig r;
	static char text[1 << 16];
	size_t n = (size_t)sprintf(text, "%s", IN);

	(void)state;
	for (unsigned i = 0; i < PKTS_PGSQL_AHEAD; i++)
		n += (size_t)sprintf(text + n, "> q P 00 00 0000\n> q S\n");
	for (unsigned i = 0; i < PKTS_PGSQL_AHEAD; i++)
		n += (size_t)sprintf(text + n, "< q 1\n< q Z 'I'\n");
	memset(&r, 0, sizeof(r));
	app_rig_run(&r, text, 0);
	assert_int_equal(r.s.events, PKTS_SESSION_BIT(APP_EVICTED));
	assert_int_equal(r.s.state, PKTS_PGSQL_STATE_READY);
	assert_false(r.s.pgsql.loose);
	sprintf(text + n, "< q 1\n");
	app_rig_run(&r, text, 0);
	assert_true(r.s.events & PKTS_SESSION_BIT(APP_VIOLATION));
}

static void state_is_visible(void **state)
{
	static struct app_rig r;

	(void)state;
	app_rig_run(&r, IN "> q Q 'begin' 00\n< q C 'BEGIN' 00\n< q Z 'T'\n", 0);
	assert_int_equal(r.s.pgsql.transaction, 'T');
	assert_int_equal(r.s.pgsql.minor, 0);
	memset(&r, 0, sizeof(r));
	app_rig_run(&r, IN "> q P 00 00 0000\n> q B 00 00 0000 0000 0000\n> q S\n< q 1\n", 0);
	assert_int_equal(r.s.pgsql.count, 2);
	assert_int_equal(r.s.pgsql.waiting[r.s.pgsql.first], 'B');
	assert_int_equal(pkts_app_session_waiting(&r.s), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversations),
		cmocka_unit_test(sqlstates),
		cmocka_unit_test(a_pipeline_too_long),
		cmocka_unit_test(state_is_visible),
	};

	return cmocka_run_group_tests_name("pgsql", tests, NULL, NULL);
}
