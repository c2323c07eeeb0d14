/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the parser says of a text that is no expression, and what it suggests instead. */
#include "render.h"
#include "text.h"

/* A sink on a buffer that ends in a NUL: what does not fit is left out. */
static struct pkts_sink sink_at_end(char *text, size_t size)
{
	size_t n = 0;

	while (text[n])
		n++;
	return (struct pkts_sink){.buf = text, .cap = size - 1, .used = n};
}

/* What users wrote may hold anything; messages hold printable ASCII. */
static void put_word(struct pkts_sink *out, const struct text_word *w)
{
	for (uint32_t i = 0; i < PKTS_MIN(w->len, 32u); i++)
		pkts_put_char(out, w->p[i] >= 0x20 && w->p[i] < 0x7f ? w->p[i] : '?');
	if (w->len > 32)
		pkts_put_text(out, "...");
}

bool pkts_text_refuse_word(
	struct text *t, int rc, const struct text_word *w, const char *before, const char *after)
{
	struct pkts_sink out;

	if (t->rc)
		return false;
	t->rc = rc;
	*t->err = (struct pkts_expr_error){.at = w->at};
	out = sink_at_end(t->err->text, sizeof(t->err->text));
	pkts_put_text(&out, before);
	put_word(&out, w);
	pkts_put_text(&out, after);
	return false;
}

bool pkts_text_refuse(struct text *t, int rc, uint32_t at, const char *sentence)
{
	const struct text_word nothing = {"", 0, at};

	return pkts_text_refuse_word(t, rc, &nothing, sentence, "");
}

void pkts_text_possible(struct text *t, const char *words)
{
	struct pkts_sink out = sink_at_end(t->err->possible, sizeof(t->err->possible));

	pkts_put_text(&out, words);
}

/* Names as scapy has them, and what they are here. */
static const struct alias {
	const char *theirs, *ours;
} aliases[] = {
	{"Ether", "eth"},
	{"ethernet", "eth"},
	{"Dot1Q", "vlan"},
	{"Dot1AD", "vlan"},
	{"Dot3", "eth"},
	{"IP", "ipv4"},
	{"IPv6ExtHdrHopByHop", "ipv6_hopopts"},
	{"IPv6ExtHdrDestOpt", "ipv6_dstopts"},
	{"IPv6ExtHdrRouting", "ipv6_routing"},
	{"IPv6ExtHdrSegmentRouting", "ipv6_routing"},
	{"IPv6ExtHdrFragment", "ipv6_frag"},
	{"CookedLinux", "sll"},
	{"CookedLinuxV2", "sll2"},
	{"Loopback", "null"},
	{"GTP_U_Header", "gtp"},
	{"GTPHeader", "gtp"},
	{"Padding", "pad"},
	{"proto", "protocol"},
	{"nh", "next"},
	{"hlim", "hop_limit"},
	{"fl", "flow"},
	{"plen", "payload_length"},
	{"len", "length"},
	{"len", "total_length"},
	{"frag", "frag_offset"},
	{"offset", "frag_offset"},
	{"dataofs", "data_offset"},
	{"urgptr", "urgent"},
	{"chksum", "csum"},
	{"checksum", "csum"},
	{"options", "opts"},
	{"chunks", "opts"},
	{"tos", "dscp"},
	{"tc", "dscp"},
	{"prio", "pcp"},
	{"vlan", "id"},
	{"vid", "id"},
	{"hwsrc", "sha"},
	{"hwdst", "tha"},
	{"psrc", "spa"},
	{"pdst", "tpa"},
	{"op", "operation"},
	{"s", "bottom"},
	{"sessionid", "session"},
	{"tag", "vtag"},
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_but_case(const struct text_word *w, const char *name)
{
	uint32_t i = 0;

	while (i < w->len && name[i] && lower(w->p[i]) == lower(name[i]))
		i++;
	return i == w->len && name[i] == 0;
}

static bool same_text(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static bool is_alias(const struct text_word *w, const char *ours)
{
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(aliases); i++)
		if (same_but_case(w, aliases[i].theirs) && same_text(ours, aliases[i].ours))
			return true;
	return false;
}

#define COMPARED 24 /* bytes of a name; no longer one is suggested */

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	const unsigned ab = PKTS_MIN(a, b);
	return PKTS_MIN(ab, c);
}

/* How many letters have to be put, taken, changed or swapped with the next to make w of a name. */
static unsigned distance(const struct text_word *w, const char *name)
{
	unsigned rows[3][COMPARED + 1], i, k;

	for (k = 0; k <= w->len; k++)
		rows[0][k] = k;
	for (i = 1; name[i - 1]; i++) {
		unsigned *const row = rows[i % 3], *const up = rows[(i + 2) % 3];
		row[0] = i;
		for (k = 1; k <= w->len; k++) {
			const unsigned change = lower(w->p[k - 1]) != name[i - 1];
			row[k] = least(up[k] + 1, row[k - 1] + 1, up[k - 1] + change);
			if (i > 1 && k > 1 && w->p[k - 1] == name[i - 2] &&
				w->p[k - 2] == name[i - 1])
				row[k] = PKTS_MIN(row[k], rows[(i + 1) % 3][k - 2] + 1);
		}
	}
	return rows[(i + 2) % 3][w->len];
}

/* How far a name is from what was written: 0 for another word for the same, NEVER for another one. */
#define NEVER 3
static unsigned strangeness(const struct text_word *w, const char *name)
{
	if (same_but_case(w, name) || is_alias(w, name))
		return 0;
	if (w->len > COMPARED || w->len < 2)
		return NEVER;
	const unsigned d = distance(w, name);
	return d * 2 <= w->len ? d : NEVER;
}

/* A list of possibilities, with the one that is nearest to what was written. */
struct possible {
	struct text *t;
	const struct text_word *wrong;
	const char *nearest;
	unsigned strange;
};

static void add_name(struct possible *p, const char *name)
{
	const unsigned strange = p->wrong ? strangeness(p->wrong, name) : NEVER;

	if (p->t->err->possible[0])
		pkts_text_possible(p->t, " ");
	pkts_text_possible(p->t, name);
	if (strange < p->strange) {
		p->strange = strange;
		p->nearest = name;
	}
}

/* False, as a refusal is. */
static bool add_suggestion(struct possible *p)
{
	if (!p->nearest)
		return false;
	pkts_text_possible(p->t, " (did you mean ");
	pkts_text_possible(p->t, p->nearest);
	pkts_text_possible(p->t, "?)");
	return false;
}

static void refuse_name(
	struct text *t, const struct text_word *w, const char *before, enum pkts_proto proto)
{
	char after[32];
	struct pkts_sink out = {.buf = after, .cap = sizeof(after) - 1};

	if (proto != PKTS_PROTO_NONE)
		pkts_put_text(&out, " in ");
	pkts_put_text(&out, pkts_proto_info(proto)->name);
	after[out.used] = 0;
	pkts_text_refuse_word(t, -PKTS_EINVAL, w, before, after);
}

bool pkts_text_no_layer(struct text *t, const struct text_word *w)
{
	struct possible p = {t, w, NULL, NEVER};

	if (w)
		refuse_name(t, w, "no layer is called ", PKTS_PROTO_NONE);
	else
		pkts_text_refuse(t, -PKTS_EINVAL, t->at, "a layer is missing");
	for (unsigned i = PKTS_PROTO_NONE + 1; i < PKTS_PROTO_MAX; i++)
		add_name(&p, pkts_proto_info((enum pkts_proto)i)->name);
	pkts_text_possible(t, " \"text\" hex(..) zeros(n) @file pad(..)");
	if (w && same_but_case(w, "Raw"))
		p.nearest = "\"text\" or hex(..)";
	return add_suggestion(&p);
}

bool pkts_text_no_field(struct text *t, enum pkts_proto proto, const struct text_word *w)
{
	struct possible p = {t, w, NULL, NEVER};

	if (w)
		refuse_name(t, w, "no field ", proto);
	else
		pkts_text_refuse(t, -PKTS_EINVAL, t->at, "the name of a field is missing");
	for (const struct pkts_spec_field *f = pkts_spec_fields(proto); f->name; f++)
		add_name(&p, f->name);
	add_name(&p, "opts");
	return add_suggestion(&p);
}

bool pkts_text_no_option(struct text *t, enum pkts_proto proto, const struct text_word *w)
{
	struct possible p = {t, w, NULL, NEVER};
	const struct option_row *row;

	if (w)
		refuse_name(t, w, "no option ", proto);
	else
		pkts_text_refuse(t, -PKTS_EINVAL, t->at, "the name of an option is missing");
	unsigned i = 0;
	for (; (row = pkts_option_row(proto, i)); i++)
		add_name(&p, row->name);
	add_name(&p, i ? "or the number of a type" : "the number of a type");
	return add_suggestion(&p);
}
