/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * SCTP reassembly as a table: packets in, messages and events out. A row's packets are words:
 *
 *	open:TSN:TSN2		INIT, INIT ACK, COOKIE ECHO, COOKIE ACK; tags aa and bb
 *	begin:TSN  <begin:TSN	no packet: the direction's beginning is known, with the same tags
 *	Dtsn:flags:stream:ssn:text	DATA; flags of B, E, U; a digit as text: that many times 'x'
 *	Itsn:flags:stream:mid:fsn:text	I-DATA
 *	Ftsn:stream/ssn,...	FORWARD-TSN; Gtsn:stream/mid,stream/mid/u I-FORWARD-TSN
 *	Stsn			SACK
 *	Ctype:flags:text	any chunk
 *	Ntag:tsn  Atag:tsn	INIT, INIT ACK
 *	Xhex			bytes as they are, behind the chunks before
 *	flush  nofetch		calls; nofetch leaves the messages of the next packet for later
 *
 * Words joined by + share a packet. '<' before a packet: it goes the other way; '@tag:' gives it a
 * verification tag. Messages come out as stream#number:text, 'u' for unordered, '-n' for n lost ones
 * before it, '?n' for n missing chunks, '<' for the other direction, '~n' for association n.
 */
#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "row.h"
#include "sctp_packet.h"

struct row {
	const char *name, *in, *messages, *events;
	unsigned left; /* held chunks at the end, those of ready messages not counted */
	struct pkts_sctp_conf conf;
};

static const struct row rows[] = {
	/* one message, one chunk */
	{"1 in order", "open:10:50 D10:BE:1:0:a D11:BE:1:1:b D12:BE:2:0:c", "1#0:a 1#1:b 2#0:c", "",
		0, {0}},
	{"2 SSN reorder over 3 streams",
		"open:1:1 D6:BE:3:1:f D4:BE:2:1:d D5:BE:1:1:e D1:BE:1:0:a D2:BE:2:0:b D3:BE:3:0:c",
		"1#0:a 1#1:e 2#0:b 2#1:d 3#0:c 3#1:f", "", 0, {0}},
	{"3 unordered does not wait", "open:1:1 D3:BEU:1:0:z D2:BE:1:0:b D1:BE:2:0:a",
		"1#0u:z 1#0:b 2#0:a", "", 0, {0}},
	{"4 other streams do not wait", "open:1:1 D2:BE:2:0:b D1:BE:1:0:a", "2#0:b 1#0:a", "", 0,
		{0}},
	{"5 both directions", "open:1:70 D1:BE:1:0:a <D70:BE:1:0:b <D71:BE:1:1:c",
		"1#0:a <1#0:b <1#1:c", "", 0, {0}},
	{"6 TSN wraps", "open:4294967295:1 D0:BE:1:1:b D4294967295:BE:1:0:a D1:BE:1:2:c",
		"1#0:a 1#1:b 1#2:c", "", 0, {0}},
	{"7 fragments across the TSN wrap",
		"open:4294967294:1 D0:E:1:0:c D4294967294:B:1:0:a D4294967295::1:0:b", "1#0:abc",
		"", 0, {0}},
	{"8 SSN wraps", "D100:BE:1:65534:a D102:BE:1:0:c D101:BE:1:65535:b D103:BE:1:1:d",
		"1#65534:a 1#65535:b 1#65536:c 1#65537:d", "midstream", 0, {0}},
	/* fragments */
	{"9 two fragments", "open:1:1 D1:B:1:0:ab D2:E:1:0:cd", "1#0:abcd", "", 0, {0}},
	{"10 fragments in reverse", "open:1:1 D4:E:1:0:d D3::1:0:c D2::1:0:b D1:B:1:0:a",
		"1#0:abcd", "", 0, {0}},
	{"11 unordered fragments", "open:1:1 D3:EU:1:7:b D2:BU:1:9:a D1:BE:1:0:x", "1#0u:ab 1#0:x",
		"", 0, {0}},
	{"12 two messages in fragments, last first",
		"open:1:1 D4:E:1:1:d D3:B:1:1:c D2:E:1:0:b D1:B:1:0:a", "1#0:ab 1#1:cd", "", 0,
		{0}},
	{"13 fragments of two streams do not join", "open:1:1 D1:B:1:0:a D2:E:2:0:b D3:BE:3:0:c",
		"3#0:c", "unfinished unfinished", 0, {0}},
	{"14 fragments of two SSNs do not join", "open:1:1 D1:B:1:0:a D2:E:1:1:b D3:BE:3:0:c",
		"3#0:c", "unfinished unfinished", 0, {0}},
	{"15 ordered and unordered do not join", "open:1:1 D1:B:1:0:a D2:EU:1:0:b D3:BE:3:0:c",
		"3#0:c", "unfinished unfinished", 0, {0}},
	{"16 a second beginning", "open:1:1 D1:B:1:0:a D2:B:1:0:b D3:E:1:0:c", "1#0:bc",
		"unfinished", 0, {0}},
	{"17 a beginning that waits", "open:1:1 D1:B:1:0:a D2::1:0:b", "", "", 2, {0}},
	{"18 no beginning", "open:1:1 D1::1:0:a D2:E:1:0:b D3:BE:1:1:c", "1#1-1:c",
		"unfinished unfinished", 0, {0}},
	/* duplicates */
	{"19 a chunk again", "open:1:1 D1:BE:1:0:a D1:BE:1:0:a", "1#0:a", "tsn_duplicate", 0, {0}},
	{"20 a chunk again with other data", "open:1:1 D1:BE:1:0:a D1:BE:1:0:b", "1#0:a",
		"tsn_duplicate tsn_conflict", 0, {0}},
	{"21 a held chunk again with other data", "open:1:1 D2:BE:1:1:b D2:BE:1:1:X D1:BE:1:0:a",
		"1#0:a 1#1:b", "tsn_duplicate tsn_conflict", 0, {0}},
	{"22 a chunk again for another stream", "open:1:1 D1:BE:1:0:a D1:BE:2:0:a", "1#0:a",
		"tsn_duplicate tsn_conflict", 0, {0}},
	{"23 a fragment again", "open:1:1 D1:B:1:0:a D1:B:1:0:a D2:E:1:0:b", "1#0:ab",
		"tsn_duplicate", 0, {0}},
	{"24 a fragment again with other flags", "open:1:1 D1:B:1:0:a D1:BE:1:0:a D2:E:1:0:b",
		"1#0:ab", "tsn_duplicate tsn_conflict", 0, {0}},
	{"25 a chunk again, not looked at", "open:1:1 D1:BE:1:0:a D1:BE:1:0:b", "1#0:a",
		"tsn_duplicate", 0, {.no_digests = true}},
	/* FORWARD-TSN */
	{"26 B without E, then FORWARD-TSN", "open:1:1 D1:B:1:0:a D3:BE:1:1:c F2:1/0", "1#1-1:c",
		"forward_tsn unfinished", 0, {0}},
	{"27 FORWARD-TSN unblocks a stream", "open:1:1 D3:BE:1:2:c F2:1/1 D4:BE:1:3:d",
		"1#2-2:c 1#3:d", "forward_tsn", 0, {0}},
	{"28 ... and what waits is still due before", "open:1:1 D2:BE:1:1:b D4:BE:1:3:d F3:1/2",
		"1#1-1:b 1#3-1:d", "forward_tsn", 0, {0}},
	{"29 FORWARD-TSN drops unordered halves", "open:1:1 D1:BU:1:0:a D2:U:1:0:b F3: D4:BE:1:0:c",
		"1#0:c", "unfinished forward_tsn", 0, {0}},
	{"30 an old FORWARD-TSN", "open:5:1 D5:BE:1:0:a F5:1/9 F4: D6:BE:1:1:b", "1#0:a 1#1:b", "",
		0, {0}},
	{"31 a chunk that was given up comes after all", "open:1:1 F1:1/0 D1:BE:1:0:a D2:BE:1:1:b",
		"1#1-1:b", "forward_tsn tsn_duplicate", 0, {0}},
	{"32 FORWARD-TSN far ahead", "open:1:1 F200000:1/9 D1:BE:1:0:a", "1#0:a", "out_of_window",
		0, {0}},
	{"33 FORWARD-TSN across the wrap", "open:4294967295:1 D1:BE:1:1:b F0:1/0", "1#1-1:b",
		"forward_tsn", 0, {0}},
	{"34 FORWARD-TSN of the other kind", "open:1:1 D1:BE:1:0:a G2:1/1 D3:BE:1:2:c", "1#0:a",
		"chunk", 1, {0}},
	{"35 FORWARD-TSN joins what is behind", "open:1:1 D3:B:1:1:c F2:1/0 D4:E:1:1:d", "1#1-1:cd",
		"forward_tsn", 0, {0}},
	/* I-DATA */
	{"36 I-DATA", "open:1:1 I1:BE:1:0:0:a I2:BE:1:1:0:b", "1#0:a 1#1:b", "", 0, {0}},
	{"37 I-DATA interleaved",
		"open:1:1 I1:B:1:0:0:a I2:B:2:0:0:x I3::1:0:1:b I4:E:2:0:1:y I5:E:1:0:2:c",
		"2#0:xy 1#0:abc", "", 0, {0}},
	{"38 I-DATA fragments in reverse", "open:1:1 I3:E:1:0:2:c I2::1:0:1:b I1:B:1:0:0:a",
		"1#0:abc", "", 0, {0}},
	{"39 I-DATA unordered by MID",
		"open:1:1 I1:BU:1:5:0:a I2:BU:1:6:0:x I3:EU:1:6:1:y I4:EU:1:5:1:b",
		"1#6u:xy 1#5u:ab", "", 0, {0}},
	{"40 a fragment number twice", "open:1:1 I1:B:1:0:0:a I2::1:0:1:b I3::1:0:1:X I4:E:1:0:2:c",
		"1#0:abc", "tsn_conflict", 0, {0}},
	{"41 fragment number 0 without B", "open:1:1 I1::1:0:0:a", "", "chunk", 0, {0}},
	{"42 MID wraps", "I1:BE:1:4294967295:0:a I3:BE:1:1:0:c I2:BE:1:0:0:b",
		"1#4294967295:a 1#4294967296:b 1#4294967297:c", "midstream", 0, {0}},
	{"43 I-FORWARD-TSN", "open:1:1 I1:B:1:0:0:a I2:BU:1:0:0:u I4:BE:1:1:0:d G3:1/0,1/0/u",
		"1#1-1:d", "forward_tsn unfinished unfinished", 0, {0}},
	{"44 I-FORWARD-TSN around the wrap of MIDs",
		"open:1:1 I1:BU:1:4294967290:0:a I2:BU:1:5:0:b I3:BU:1:9:0:c G4:1/6/u", "",
		"forward_tsn unfinished unfinished", 1, {0}},
	{"45 DATA among I-DATA", "open:1:1 I1:BE:1:0:0:a D2:BE:1:1:b I2:BE:1:1:0:c", "1#0:a 1#1:c",
		"chunk", 0, {0}},
	/* gaps */
	{"46 the receiver has what was not captured", "open:1:1 D2:BE:1:1:b <S2 D3:BE:1:2:c",
		"1#1-1?1:b 1#2:c", "ack_unseen gap", 0, {0}},
	{"47 ... and that is waited for", "open:1:1 D2:BE:1:1:b <S2 D3:BE:1:2:c", "", "ack_unseen",
		2, {.gap = PKTS_SCTP_GAP_WAIT}},
	{"48 flush", "open:1:1 D2:BE:1:1:b D4:BE:1:3:d D6:B:1:5:f flush D7:E:1:5:g",
		"1#1-1?1:b 1#3-1?1:d", "gap gap gap unfinished unfinished", 0, {0}},
	{"49 fragments behind a gap", "open:1:1 D2:B:1:1:b D3:E:1:1:c flush", "1#1-1?1:bc", "gap",
		0, {0}},
	{"50 an acknowledgment far ahead", "open:1:1 <S100000 D1:BE:1:0:a", "1#0:a",
		"out_of_window", 0, {0}},
	{"51 a stale acknowledgment", "open:5:1 D5:BE:1:0:a <S4 D6:BE:1:1:b", "1#0:a 1#1:b", "", 0,
		{0}},
	{"52 a number that was passed", "open:1:1 D1:BE:1:0:a D2:BE:1:1:b D3:BE:1:0:c D4:BE:1:1:d",
		"1#0:a 1#1:b 1#0:c 1#1:d", "ssn", 0, {0}},
	{"53 a number skipped by the sender", "open:1:1 D1:BE:1:0:a D2:BE:1:5:b", "1#0:a 1#5-4:b",
		"", 0, {0}},
	{"54 far ahead", "open:1:1 D70000:BE:1:1:x D1:BE:1:0:a", "1#0:a", "out_of_window", 0, {0}},
	/* tags */
	{"55 a wrong tag", "open:1:1 @cc:D1:BE:1:0:X D1:BE:1:0:a", "1#0:a", "vtag", 0, {0}},
	{"56 tag 0", "open:1:1 @0:D1:BE:1:0:X D1:BE:1:0:a", "1#0:a", "vtag", 0, {0}},
	{"57 the other direction's tag", "open:1:1 @aa:D1:BE:1:0:X D1:BE:1:0:a", "1#0:a", "vtag", 0,
		{0}},
	{"58 ABORT with a wrong tag", "open:1:1 @cc:C6:0: D1:BE:1:0:a", "1#0:a", "vtag", 0, {0}},
	{"59 ABORT", "open:1:1 D2:BE:1:1:b C6:0: D1:BE:1:0:a", "", "fin_data", 0, {0}},
	{"60 ABORT with a reflected tag", "open:1:1 @aa:C6:1: D1:BE:1:0:a", "", "fin_data", 0, {0}},
	{"61 ABORT with T and its own tag", "open:1:1 @bb:C6:1: D1:BE:1:0:a", "1#0:a", "vtag", 0,
		{0}},
	{"62 ABORT without T and a reflected tag", "open:1:1 @aa:C6:0: D1:BE:1:0:a", "1#0:a",
		"vtag", 0, {0}},
	{"63 SHUTDOWN COMPLETE", "open:1:1 D2:BE:1:1:b <C14:0: D3:BE:1:2:c", "1#1-1?1:b",
		"gap fin_data", 0, {0}},
	{"64 SHUTDOWN COMPLETE with a reflected tag", "open:1:1 <@bb:C14:1: D1:BE:1:0:a", "",
		"fin_data", 0, {0}},
	{"65 data behind ABORT in its packet", "open:1:1 C6:0:+D1:BE:1:0:a", "", "", 0, {0}},
	{"66 SHUTDOWN is no end", "open:1:1 C7:0:0000 D1:BE:1:0:a", "1#0:a", "", 0, {0}},
	/* beginnings */
	{"67 picked up", "D7:BE:1:3:a D8:BE:1:4:b <D9:BE:2:1:c", "1#3:a 1#4:b <2#1:c",
		"midstream midstream", 0, {0}},
	{"68 picked up, then a wrong tag", "D7:BE:1:3:a @cc:D8:BE:1:4:X D8:BE:1:4:b", "1#3:a 1#4:b",
		"midstream vtag", 0, {0}},
	{"69 picked up in the middle of a message", "D7::1:3:a D8:E:1:3:b D9:BE:1:4:c", "1#4:c",
		"midstream unfinished unfinished", 0, {0}},
	{"70 picked up: a stream not seen before waits for its turn",
		"D7:BE:1:3:a D9:BE:2:8:c D8:BE:2:7:b", "1#3:a 2#7:b 2#8:c", "midstream", 0, {0}},
	{"71 picked up by an acknowledgment", "<S6 <D50:BE:1:9:x D7:BE:1:3:a", "<1#9:x 1#3:a",
		"midstream midstream", 0, {0}},
	{"72 data with COOKIE ECHO", "@0:Naa:5 <Abb:9 C10:0:cc+D5:BE:1:0:a+D6:BE:1:1:b",
		"1#0:a 1#1:b", "", 0, {0}},
	{"73 data before any COOKIE ECHO", "@0:Naa:5 @77:D5:BE:1:0:X <Abb:9 C10:0:cc D5:BE:1:0:a",
		"1#0:a", "vtag", 0, {0}},
	{"74 the COOKIE ECHO was not captured", "@0:Naa:5 <Abb:9 D6:BE:1:1:b D5:BE:1:0:a",
		"1#0:a 1#1:b", "", 0, {0}},
	{"75 client only", "@0:Naa:5 C10:0:cc D6:BE:1:1:b D5:BE:1:0:a", "1#0:a 1#1:b", "", 0, {0}},
	{"76 server only", "<Abb:9 <C11:0: <D10:BE:1:1:b <D9:BE:1:0:a", "<1#0:a <1#1:b", "", 0,
		{0}},
	{"77 two INITs, the second is answered",
		"@0:Naa:5 @0:Ncc:7 <@cc:Abb:9 C10:0:cc D8:BE:1:1:b D7:BE:1:0:a", "1#0:a 1#1:b", "",
		0, {0}},
	{"78 two INITs, the first is answered",
		"@0:Naa:5 @0:Ncc:7 <Abb:9 C10:0:cc D6:BE:1:1:b D5:BE:1:0:a", "1#0:a 1#1:b", "", 0,
		{0}},
	{"79 two answers, the first counts",
		"@0:Naa:5 <Abb:9 <Aee:3 C10:0:cc <D9:BE:1:0:a <D3:BE:1:0:X", "<1#0:a",
		"tsn_duplicate", 0, {0}},
	{"80 two answers, the second counts",
		"@0:Naa:5 <Aee:3 <Abb:9 C10:0:cc <D10:BE:1:1:b <D9:BE:1:0:a", "<1#0:a <1#1:b", "",
		0, {0}},
	{"81 restart",
		"open:1:1 D1:BE:1:0:a D3:BE:1:2:c @0:N11:100 <@11:A22:200 @22:C10:0:cc "
		"@22:D100:BE:1:0:n",
		"1#0:a 1#0~1:n", "restart", 0, {0}},
	{"82 an INIT alone changes nothing", "open:1:1 @0:N11:100 D1:BE:1:0:a", "1#0:a", "", 0,
		{0}},
	{"83 an answered INIT alone changes nothing",
		"open:1:1 @0:N11:100 <@11:A22:200 D1:BE:1:0:a <D1:BE:1:0:b", "1#0:a <1#0:b", "", 0,
		{0}},
	{"84 ... not even for those who know its tag",
		"open:1:1 D1:BE:1:0:a @0:N11:100 <@11:A22:200 <D1:BE:1:0:b "
		"<@11:D200:BE:1:0:X <@11:C11:0: D2:BE:1:1:c",
		"1#0:a <1#0:b 1#1:c", "vtag vtag", 0, {0}},
	{"85 COOKIE ECHO again", "open:1:1 D1:BE:1:0:a C10:0:cc D2:BE:1:1:b", "1#0:a 1#1:b", "", 0,
		{0}},
	{"86 COOKIE ECHO with a wrong tag", "open:1:1 @99:C10:0:cc+D1:BE:1:0:X D1:BE:1:0:a",
		"1#0:a", "vtag", 0, {0}},
	{"87 INIT with a tag", "@55:Naa:5 <Abb:9 C10:0:cc D5:BE:1:0:a", "1#0:a", "vtag midstream",
		0, {0}},
	{"88 INIT in company", "@0:Naa:5+D5:BE:1:0:X", "", "chunk", 0, {0}},
	{"89 INIT behind others", "open:1:1 D1:BE:1:0:a+Naa:5", "1#0:a", "chunk", 0, {0}},
	{"90 both sides send INIT",
		"@0:Naa:5 <@0:Nbb:9 @bb:Aaa:5 <@aa:Abb:9 @bb:C10:0:cc <@aa:C10:0:cc "
		"D5:BE:1:0:a <D9:BE:1:0:b",
		"1#0:a <1#0:b", "", 0, {0}},
	{"91 after ABORT a new one", "open:1:1 D1:BE:1:0:a C6:0: open:70:80 D70:BE:1:0:b",
		"1#0:a 1#0~1:b", "restart", 0, {0}},
	{"92 INIT with tag 0", "@0:N0:5 D5:BE:1:0:a", "1#0:a", "chunk midstream", 0, {0}},
	/* chunks */
	{"93 length 0", "open:1:1 D1:BE:1:0:a+X00030000", "1#0:a", "chunk", 0, {0}},
	{"94 length 1", "open:1:1 D1:BE:1:0:a+X00030001", "1#0:a", "chunk", 0, {0}},
	{"95 length 2", "open:1:1 D1:BE:1:0:a+X00030002", "1#0:a", "chunk", 0, {0}},
	{"96 length 3", "open:1:1 D1:BE:1:0:a+X00030003", "1#0:a", "chunk", 0, {0}},
	{"97 length beyond the packet",
		"open:1:1 D1:BE:1:0:a+X00030015000000020001000100000000aabbcc", "1#0:a", "chunk", 0,
		{0}},
	{"98 DATA too short for its header", "open:1:1 C0:3:0123456 D1:BE:1:0:a", "1#0:a", "chunk",
		0, {0}},
	{"99 DATA without data", "open:1:1 D1:BE:1:0:+D1:BE:1:0:a", "1#0:a", "chunk", 0, {0}},
	{"100 padding of 0 to 3", "open:1:1 D1:BE:1:0:abcd+D2:BE:1:1:abc+D3:BE:1:2:ab+D4:BE:1:3:a",
		"1#0:abcd 1#1:abc 1#2:ab 1#3:a", "", 0, {0}},
	{"101 an unknown chunk to stop at", "open:1:1 C63:0:x+D1:BE:1:0:X", "", "chunk", 0, {0}},
	{"102 an unknown chunk to be skipped", "open:1:1 C191:0:x+D1:BE:1:0:a", "1#0:a", "", 0,
		{0}},
	{"103 all known control chunks",
		"open:1:1 C4:0:h+C5:0:h+C9:0:e+C12:0:1234+C13:0:1234+C15:0:a+C128:0:a+"
		"C130:0:r+C132:0:p+C193:0:a+D1:BE:1:0:a",
		"1#0:a", "", 0, {0}},
	{"104 SACK too short", "open:1:1 <C3:0:12345678", "", "chunk", 0, {0}},
	{"105 FORWARD-TSN too short", "open:1:1 C192:0:12", "", "chunk", 0, {0}},
	/* limits */
	{"106 a message too long", "open:1:1 D1:B:1:0:5 D2::1:0:5 D3:E:1:0:5 D4:BE:1:1:b",
		"1#1-1:b", "message_too_long", 0, {.max_message = 12}},
	{"107 a chunk too long", "open:1:1 D1:BE:1:0:13 D2:BE:1:1:12", "1#1-1:12",
		"message_too_long", 0, {.max_message = 12}},
	{"108 as long as may be", "open:1:1 D2:E:1:0:6 D1:B:1:0:6", "1#0:12", "", 0,
		{.max_message = 12}},
	{"109 too long, unordered", "open:1:1 D2:EU:1:0:7 D1:BU:1:0:7 D3:BEU:1:0:z", "1#0u:z",
		"message_too_long", 0, {.max_message = 12}},
	{"110 many behind a gap", "open:1:1 D2:BE:1:1:b D3:BE:1:2:c D4:BE:1:3:d D5:BE:1:4:e",
		"1#1-1?1:b 1#2:c 1#3:d 1#4:e", "evicted gap", 0, {.max_chunks_each = 4}},
	{"111 many gaps",
		"open:1:1 D2:BEU:1:0:b D4:BEU:1:0:d D6:BEU:1:0:f D8:BEU:1:0:h D1:BEU:1:0:a",
		"1#0u:b 1#0u:d 1#0u?1:f 1#0u?1:h", "evicted gap evicted gap tsn_duplicate", 0,
		{.max_chunks_each = 2}},
	{"112 more streams than remembered",
		"open:1:1 D1:BE:1:0:a D2:BE:2:0:b D4:BE:2:1:d D3:BE:2:9:c",
		"1#0:a 2#0:b 2#9:c 2#1:d", "", 0, {.max_streams = 1}},
	{"113 not fetched in time",
		"open:1:1 nofetch D1:BE:1:0:a+D2:BE:1:1:b nofetch D3:BE:2:0:100 D4:BE:1:2:d",
		"1#0:a 1#1:b 2#0:100 1#2:d", "", 0, {0}},
	{"114 larger than copied", "open:1:1 D2:BE:1:1:500 D3:BE:1:2:65 D1:BE:1:0:a",
		"1#0:a 1#1:500 1#2:65", "", 0, {0}},
	{"115 more memory than allowed", "open:1:1 D2:BE:1:1:500 D1:BE:1:0:a", "1#0:a",
		"limit_bytes", 0, {.max_bytes = 400}},
	{"116 far ahead for long", "open:1:1 D1:BE:1:0:a D3:BE:1:2:c far",
		"1#0:a 1#2-1?1:c 1#99-96?99996:z", "gap gap midstream", 0, {0}},
	{"117 room comes when messages are fetched",
		"open:1:1 D2:BE:1:1:100 D3:BE:1:2:100 D4:BE:1:3:100", "1#1-1?1:100 1#2:100 1#3:100",
		"evicted gap", 0, {.max_bytes = 4096}},
	/* more of what senders should not do */
	{"118 I-DATA fragments numbered against their TSNs",
		"open:1:1 I4:B:1:1:0:b I2:E:1:1:1:c I1:BE:2:0:0:x I3:BE:1:0:0:a",
		"2#0:x 1#0:a 1#1:bc", "", 0, {0}},
	{"119 FORWARD-TSN names a message that is there", "open:1:1 D5:BE:1:1:a F2:1/1", "1#1-1:a",
		"forward_tsn", 0, {0}},
	{"120 FORWARD-TSN over fragments that came", "open:1:1 D2:B:1:1:b D3::1:1:c F3:1/1", "",
		"forward_tsn unfinished", 0, {0}},
	{"121 I-FORWARD-TSN, then DATA", "open:1:1 G5: D6:BE:1:0:a", "", "forward_tsn chunk", 0,
		{0}},
	{"122 an INIT without answer, and a COOKIE ECHO that nobody asked for",
		"open:1:1 D1:BE:1:0:a @0:N11:100 @99:C10:0:cc @99:D100:BE:1:0:X D2:BE:1:1:b",
		"1#0:a 1#1:b", "vtag vtag", 0, {0}},
	{"123 the whole beginning again", "open:1:1 D1:BE:1:0:a open:1:1 D2:BE:1:1:b",
		"1#0:a 1#1:b", "", 0, {0}},
	{"124 tag 0 where none is known", "D7:BE:1:3:a <@0:D9:BE:1:1:X", "1#3:a", "midstream vtag",
		0, {0}},
	/* a beginning that somebody else has seen */
	{"125 known beginnings", "begin:5 <begin:9 D6:BE:1:1:b D5:BE:1:0:a <D9:BE:1:0:c",
		"1#0:a 1#1:b <1#0:c", "", 0, {0}},
	{"126 a known beginning has a tag", "begin:5 @99:D5:BE:1:0:X D5:BE:1:0:a", "1#0:a", "vtag",
		0, {0}},
	{"127 only one of them", "begin:5 D5:BE:1:0:a <D9:BE:1:7:c <D10:BE:1:8:d",
		"1#0:a <1#7:c <1#8:d", "midstream", 0, {0}},
	{"128 set up anew behind it",
		"begin:5 <begin:9 D5:BE:1:0:a @0:Ncc:70 <@cc:Add:90 @dd:C10:0:c @dd:D70:BE:1:0:b",
		"1#0:a 1#0~1:b", "restart", 0, {0}},
};

struct run {
	struct pkts_sctp_pool *pool;
	struct pkts_sctp_seq seq;
	uint32_t counts[PKTS_SEQ_EVENT_MAX];
	int held;
	bool nofetch;
	struct box *kept; /* of a packet that was put, and its messages not fetched */
	char messages[4096];
};

/* A text of the row's; a number stands for that many bytes. */
static const char *text_of(const char *word, uint32_t *len)
{
	static char many[4096];
	const size_t n = strlen(word);
	const unsigned number = (unsigned)strtoul(word, NULL, 10);

	*len = (uint32_t)n;
	if (n == 0 || strspn(word, "0123456789") < n || number == 0 || number > sizeof(many))
		return word;
	memset(many, 'x', number);
	*len = number;
	return many;
}

static void add_message(struct run *r, const struct pkts_sctp_message *m)
{
	char *const to = r->messages + strlen(r->messages);
	char text[4096] = {0};
	const size_t n = pkts_sctp_message_copy(m, (uint8_t *)text, sizeof(text) - 1);

	assert_int_equal(n, m->len);
	if (n > 4)
		snprintf(text, sizeof(text), "%zu", n);
	int at = sprintf(to, "%s%s%u#%llu%s", r->messages[0] ? " " : "", m->dir ? "<" : "",
		m->stream, (unsigned long long)m->number, m->unordered ? "u" : "");
	if (m->lost)
		at += sprintf(to + at, "-%u", m->lost);
	if (m->missing)
		at += sprintf(to + at, "?%llu", (unsigned long long)m->missing);
	if (m->association)
		at += sprintf(to + at, "~%u", m->association);
	sprintf(to + at, ":%.100s", text);
	assert_int_equal(m->ppid, 42);
}

static void fetch(struct run *r)
{
	struct pkts_sctp_message m;

	while (pkts_sctp_seq_get(&r->seq, &m) == 0)
		add_message(r, &m);
}

static void put(struct run *r, unsigned dir, const struct packet *k)
{
	struct box *const b = box_of(k->bytes, k->n);
	const struct pkts_piece piece = box_piece(b, 2048);

	assert_int_equal(pkts_sctp_seq_put(&r->seq, dir, &piece, k->n), 0);
	if (r->kept)
		box_release(NULL, r->kept);
	r->kept = r->nofetch ? b : NULL;
	r->nofetch = false;
	if (r->kept)
		return;
	fetch(r);
	box_release(NULL, b);
}

static unsigned skips_of(char *list, struct pkts_sctp_skip *skips)
{
	unsigned n = 0;

	for (char *end, *word = strtok_r(list, ",", &end); word; word = strtok_r(NULL, ",", &end)) {
		const char *const mid = strchr(word, '/') + 1;
		skips[n++] = (struct pkts_sctp_skip){.stream = (uint16_t)atoi(word),
			.mid = (uint32_t)strtoul(mid, NULL, 10),
			.unordered = strchr(mid, '/') != NULL};
	}
	return n;
}

/* The fields of a word, cut at colons; absent ones are empty. */
static void cut(char *word, char *fields[6])
{
	static char empty[] = "";

	for (unsigned i = 0; i < 6; i++) {
		fields[i] = word ? word : empty;
		word = word ? strchr(word, ':') : NULL;
		if (word)
			*word++ = 0;
	}
}

static uint8_t flags_of(const char *letters)
{
	return (uint8_t)((strchr(letters, 'B') ? PACKET_B : 0) |
			 (strchr(letters, 'E') ? PACKET_E : 0) |
			 (strchr(letters, 'U') ? PACKET_U : 0));
}

static void add_data(struct packet *k, bool wide, char *fields[6])
{
	struct packet_data d = {.wide = wide, .flags = flags_of(fields[1]), .ppid = 42};

	d.tsn = (uint32_t)strtoul(fields[0], NULL, 10);
	d.stream = (uint16_t)atoi(fields[2]);
	d.mid = (uint32_t)strtoul(fields[3], NULL, 10);
	d.fsn = (uint32_t)atoi(wide ? fields[4] : "0");
	d.p = text_of(fields[wide ? 5 : 4], &d.len);
	packet_data(k, &d);
}

static void add_hex(struct packet *k, const char *hex)
{
	unsigned byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		k->bytes[k->n++] = (uint8_t)byte;
}

static void add_chunk(struct packet *k, char *word)
{
	struct pkts_sctp_skip skips[8];
	const char kind = word[0];
	char *f[6];

	cut(word + 1, f);
	if (kind == 'D' || kind == 'I')
		add_data(k, kind == 'I', f);
	else if (kind == 'F' || kind == 'G')
		packet_forward(k, kind == 'G', (uint32_t)strtoul(f[0], NULL, 10), skips,
			skips_of(f[1], skips));
	else if (kind == 'S')
		packet_sack(k, (uint32_t)strtoul(f[0], NULL, 10));
	else if (kind == 'N' || kind == 'A')
		packet_init(k, kind == 'N' ? PKTS_SCTP_INIT : PKTS_SCTP_INIT_ACK,
			(uint32_t)strtoul(f[0], NULL, 16), (uint32_t)strtoul(f[1], NULL, 10));
	else if (kind == 'C')
		packet_chunk(
			k, (uint8_t)atoi(f[0]), (uint8_t)atoi(f[1]), f[2], (uint32_t)strlen(f[2]));
	else if (kind == 'X')
		add_hex(k, f[0]);
	else
		fail_msg("no such word: %c%s", kind, f[0]);
}

static void put_word(struct run *r, const char *row_word)
{
	static struct packet k;
	char word[512], *at = word, *end;
	const bool back = row_word[0] == '<';
	uint32_t vtag = back ? 0xaa : 0xbb;

	snprintf(word, sizeof(word), "%s", row_word + back);
	if (*at == '@') {
		vtag = (uint32_t)strtoul(at + 1, &at, 16);
		at++;
	}
	packet_begin(&k, vtag);
	for (char *chunk = strtok_r(at, "+", &end); chunk; chunk = strtok_r(NULL, "+", &end))
		add_chunk(&k, chunk);
	put(r, back, &k);
}

static void open_association(struct run *r, const char *word)
{
	unsigned long tsn, tsn2;
	char line[64];

	sscanf(word, "open:%lu:%lu", &tsn, &tsn2);
	snprintf(line, sizeof(line), "@0:Naa:%lu", tsn);
	put_word(r, line);
	snprintf(line, sizeof(line), "<Abb:%lu", tsn2);
	put_word(r, line);
	put_word(r, "C10:0:cookie");
	put_word(r, "<C11:0:");
}

/* Chunks from where nobody expects them, until that is where they are expected. */
static void put_far(struct run *r)
{
	char line[64];

	for (unsigned i = 0; i < 32; i++) {
		snprintf(line, sizeof(line), "D%u:BE:1:%u:%s", 100000 + i % 2 * (i < 31), 99,
			i == 31 ? "z" : "y");
		put_word(r, line);
	}
	r->counts[PKTS_SEQ_OUT_OF_WINDOW] = 0;
}

static void begin_direction(struct run *r, const char *word)
{
	const unsigned dir = word[0] == '<';

	pkts_sctp_seq_begin(&r->seq, dir, dir ? 0xaa : 0xbb,
		(uint32_t)strtoul(strchr(word, ':') + 1, NULL, 10));
}

static void do_word(struct run *r, const char *word)
{
	if (strncmp(word, "open:", 5) == 0) {
		open_association(r, word);
	} else if (strncmp(word + (word[0] == '<'), "begin:", 6) == 0) {
		begin_direction(r, word);
	} else if (strcmp(word, "flush") == 0) {
		pkts_sctp_seq_flush(&r->seq, 0);
		pkts_sctp_seq_flush(&r->seq, 1);
		fetch(r);
	} else if (strcmp(word, "nofetch") == 0) {
		r->nofetch = true;
	} else if (strcmp(word, "far") == 0) {
		put_far(r);
	} else {
		put_word(r, word);
	}
}

/* Words of a list, sorted, so that the order of events in a row does not matter. */
static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_words(char *list)
{
	static char copy[4096];
	char *words[64], *end;
	size_t n = 0;

	strcpy(copy, list);
	list[0] = 0;
	for (char *word = strtok_r(copy, " ", &end); word; word = strtok_r(NULL, " ", &end))
		words[n++] = word;
	qsort(words, n, sizeof(words[0]), by_text);
	for (size_t i = 0; i < n; i++)
		sprintf(list + strlen(list), "%s%s", i ? " " : "", words[i]);
}

static void check_events(const struct row *row, const struct run *r)
{
	char got[4096] = "", wanted[4096];

	for (unsigned e = 0; e < PKTS_SEQ_EVENT_MAX; e++)
		for (unsigned i = 0; i < r->counts[e]; i++)
			sprintf(got + strlen(got), "%s%s", got[0] ? " " : "",
				pkts_seq_event_name((enum pkts_seq_event)e));
	strcpy(wanted, row->events);
	sort_words(got);
	sort_words(wanted);
	ROW_TEXT(row->name, got, wanted);
}

static void run_row(const struct row *row)
{
	struct run *const r = calloc(1, sizeof(*r));
	char words[1024], *end;

	r->pool = pool_of(row->conf, &r->held);
	pkts_sctp_seq_init(&r->seq, r->pool, r->counts);
	snprintf(words, sizeof(words), "%s", row->in);
	for (char *word = strtok_r(words, " ", &end); word; word = strtok_r(NULL, " ", &end))
		do_word(r, word);
	ROW_TEXT(row->name, r->messages, row->messages);
	check_events(row, r);
	ROW_INT(row->name, pkts_sctp_pool_stats(r->pool).chunks, row->left);
	pkts_sctp_seq_fini(&r->seq);
	const struct pkts_sctp_stats stats = pkts_sctp_pool_stats(r->pool);
	ROW_INT(row->name, stats.chunks + stats.nodes + stats.streams + stats.bytes, 0);
	ROW_INT(row->name, r->held, 0);
	pool_free(r->pool);
	free(r);
}

static void every_row(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++)
		run_row(&rows[i]);
}

/* 255 chunks of one byte: each a message, each the packet's own byte, and nothing held. */
static void many_small_chunks_in_one_packet(void **state)
{
	struct run *const r = calloc(1, sizeof(*r));
	static struct packet k;
	struct pkts_sctp_message m;
	unsigned n = 0;

	(void)state;
	r->pool = pool_of((struct pkts_sctp_conf){0}, &r->held);
	pkts_sctp_seq_init(&r->seq, r->pool, NULL);
	open_association(r, "open:1:1");
	packet_begin(&k, 0xbb);
	for (unsigned i = 0; i < 255; i++)
		packet_data(&k, &(struct packet_data){.flags = PACKET_BE,
					.tsn = 1 + i,
					.stream = (uint16_t)(i % 3),
					.mid = i / 3,
					.p = &(uint8_t){(uint8_t)i},
					.len = 1});
	struct box *const b = box_of(k.bytes, k.n);
	const struct pkts_piece piece = box_piece(b, 8192);
	assert_int_equal(pkts_sctp_seq_put(&r->seq, 0, &piece, k.n), 0);
	for (; pkts_sctp_seq_get(&r->seq, &m) == 0; n++) {
		assert_ptr_equal(m.piece.p, b->bytes + 12 + 20 * n + 16);
		assert_int_equal(*m.piece.p, n);
		assert_int_equal(m.pieces, 1);
		assert_ptr_equal(m.piece.owner, b);
	}
	assert_int_equal(n, 255);
	assert_int_equal(b->refs, 1);
	assert_int_equal(pkts_sctp_pool_stats(r->pool).chunks, 0);
	box_release(NULL, b);
	pkts_sctp_seq_fini(&r->seq);
	pool_free(r->pool);
	free(r);
}

/* What is larger than a copy would be stays in its buffer, by reference. */
static void pieces_are_the_buffers_own(void **state)
{
	struct run *const r = calloc(1, sizeof(*r));
	static struct packet k;
	static uint8_t data[200];
	struct box *boxes[3];
	struct pkts_sctp_message m;
	struct pkts_piece piece;

	(void)state;
	r->pool = pool_of((struct pkts_sctp_conf){0}, &r->held);
	pkts_sctp_seq_init(&r->seq, r->pool, NULL);
	open_association(r, "open:1:1");
	for (unsigned i = 3; i-- > 0;) {
		packet_begin(&k, 0xbb);
		packet_data(&k, &(struct packet_data){.flags = i == 0	? PACKET_B
							       : i == 2 ? PACKET_E
									: 0,
					.tsn = 1 + i,
					.p = data,
					.len = sizeof(data)});
		boxes[i] = box_of(k.bytes, k.n);
		piece = box_piece(boxes[i], 2048);
		assert_int_equal(
			pkts_sctp_seq_put_get(&r->seq, 0, &piece, k.n, &m), i ? -PKTS_EAGAIN : 0);
	}
	assert_int_equal(r->held, 3);
	assert_int_equal(pkts_sctp_pool_stats(r->pool).bytes, 3 * 2048);
	struct pkts_sctp_pieces it = pkts_sctp_pieces(&m);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(pkts_sctp_piece_next(&it, &piece));
		assert_ptr_equal(piece.p, boxes[i]->bytes + 28);
		assert_int_equal(piece.len, sizeof(data));
		box_release(NULL, boxes[i]);
	}
	assert_false(pkts_sctp_piece_next(&it, &piece));
	assert_int_equal(m.len, 600);
	assert_int_equal(m.tsn, 3);
	assert_int_equal(pkts_sctp_seq_get(&r->seq, &m), -PKTS_EAGAIN);
	assert_int_equal(r->held, 0);
	pkts_sctp_seq_fini(&r->seq);
	pool_free(r->pool);
	free(r);
}

/* A chunk that the capture cut is accounted for, and its message never delivered. */
static void put_cut(struct run *r, uint32_t tsn, uint32_t cut)
{
	static struct packet k;

	packet_begin(&k, 0xbb);
	packet_data(&k, &(struct packet_data){.flags = PACKET_BE,
				.stream = 1,
				.ppid = 42,
				.tsn = tsn,
				.mid = tsn - 1,
				.p = "abcd",
				.len = 4});
	struct box *const b = box_of(k.bytes, k.n - cut);
	const struct pkts_piece piece = box_piece(b, 100);
	assert_int_equal(pkts_sctp_seq_put(&r->seq, 0, &piece, k.n), 0);
	fetch(r);
	box_release(NULL, b);
}

/* A chunk that the capture cut is accounted for if its header is there; it is never delivered. */
static void cut_by_the_capture(void **state)
{
	struct run *const r = calloc(1, sizeof(*r));

	(void)state;
	r->pool = pool_of((struct pkts_sctp_conf){0}, &r->held);
	pkts_sctp_seq_init(&r->seq, r->pool, r->counts);
	open_association(r, "open:1:1");
	put_cut(r, 1, 2);
	put_cut(r, 2, 0);
	put_cut(r, 3, 4);
	put_cut(r, 4, 0);
	assert_string_equal(r->messages, "1#1-1:abcd 1#3-1:abcd");
	for (uint32_t cut = 5; cut <= 20; cut++)
		put_cut(r, 5, cut);
	put_cut(r, 6, 0);
	assert_string_equal(r->messages, "1#1-1:abcd 1#3-1:abcd");
	do_word(r, "flush");
	assert_string_equal(r->messages, "1#1-1:abcd 1#3-1:abcd 1#5-1?1:abcd");
	pkts_sctp_seq_fini(&r->seq);
	assert_int_equal(pkts_sctp_pool_stats(r->pool).nodes, 0);
	pool_free(r->pool);
	free(r);
}

static void bad_arguments(void **state)
{
	struct pkts_sctp_conf conf = {.max_chunks = 1u << 27};
	uint8_t bytes[12] = {0};
	struct pkts_piece piece = {bytes, 11, 11, NULL};
	struct pkts_sctp_pool *pool;
	struct pkts_sctp_seq s;
	int held;

	(void)state;
	assert_int_equal(pkts_sctp_pool_memsize(&conf), 0);
	conf = (struct pkts_sctp_conf){.max_chunks = 16};
	const size_t n = pkts_sctp_pool_memsize(&conf);
	void *const mem = aligned_alloc(64, (n + 127) / 64 * 64);
	assert_int_equal(pkts_sctp_pool_init(&pool, mem, n - 1, &conf), -PKTS_ENOMEM);
	assert_int_equal(pkts_sctp_pool_init(&pool, (uint8_t *)mem + 8, n, &conf), -PKTS_EINVAL);
	conf.hold.hold = box_hold;
	assert_int_equal(pkts_sctp_pool_init(&pool, mem, n, &conf), -PKTS_EINVAL);
	free(mem);
	pool = pool_of((struct pkts_sctp_conf){0}, &held);
	pkts_sctp_seq_init(&s, pool, NULL);
	assert_int_equal(pkts_sctp_seq_put(&s, 0, &piece, 12), -PKTS_EBADMSG);
	piece.len = 12;
	assert_int_equal(pkts_sctp_seq_put(&s, 2, &piece, 12), -PKTS_EINVAL);
	assert_int_equal(pkts_sctp_seq_put(&s, 1, &piece, 12), 0);
	pkts_sctp_seq_fini(&s);
	pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(many_small_chunks_in_one_packet),
		cmocka_unit_test(pieces_are_the_buffers_own),
		cmocka_unit_test(cut_by_the_capture),
		cmocka_unit_test(bad_arguments),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
