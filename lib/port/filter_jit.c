/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* rte_bpf_convert() is experimental in every release so far, so only this file asks for such
 * symbols. */
#define ALLOW_EXPERIMENTAL_API
#include "filter_jit.h"

#include <rte_bpf.h>
#include <rte_malloc.h>
#include <stdlib.h>

/* How rte_bpf_convert() maps the classic machine's X, and a register that it leaves alone. */
#define X_REGISTER     EBPF_REG_7
#define SPARE_REGISTER EBPF_REG_9

static bool is_jump(const struct ebpf_insn *i)
{
	const uint8_t op = i->code & 0xf0;
	return BPF_CLASS(i->code) == BPF_JMP && op != EBPF_CALL && op != EBPF_EXIT;
}

/*
 * `jset #imm` with an immediate of -128 to 127: the x86 JIT encodes it in one byte, for which the
 * processor has no such instruction, and crashes. From a register it is right.
 */
static bool is_small_jset(const struct ebpf_insn *i)
{
	return BPF_CLASS(i->code) == BPF_JMP && (i->code & 0xf0) == BPF_JSET &&
	       BPF_SRC(i->code) == BPF_K && i->imm >= INT8_MIN && i->imm <= INT8_MAX;
}

/*
 * `ld [x + k]` and `ldb [x + k]`: the converter forgets X, since it looks for it in the bit that
 * says the size here. Only `ldh` comes out right by itself.
 */
static void restore_index(struct ebpf_insn *i)
{
	if (BPF_CLASS(i->code) == BPF_LD && BPF_MODE(i->code) == BPF_IND)
		i->src_reg = X_REGISTER;
}

static struct ebpf_insn *put_jset(struct ebpf_insn *to, const struct ebpf_insn *jset)
{
	*to++ = (struct ebpf_insn){
		.code = EBPF_ALU64 | EBPF_MOV | BPF_K, .dst_reg = SPARE_REGISTER, .imm = jset->imm};
	*to = *jset;
	to->code = BPF_JMP | BPF_JSET | BPF_X;
	to->src_reg = SPARE_REGISTER;
	to->imm = 0;
	return to + 1;
}

/* Where each instruction will stand once the small jsets have become two; [n] is the new count. */
static void place(const struct ebpf_insn *ins, uint32_t n, uint32_t *at)
{
	at[0] = 0;
	for (uint32_t i = 0; i < n; i++)
		at[i + 1] = at[i] + 1 + is_small_jset(&ins[i]);
}

static void rewrite(
	struct ebpf_insn *to, const struct ebpf_insn *ins, uint32_t n, const uint32_t *at)
{
	for (uint32_t i = 0; i < n; i++) {
		struct ebpf_insn fixed = ins[i];
		restore_index(&fixed);
		if (is_jump(&fixed))
			fixed.off = (int16_t)(at[(int32_t)i + 1 + fixed.off] - at[i + 1]);
		if (is_small_jset(&fixed))
			to = put_jset(to, &fixed);
		else
			*to++ = fixed;
	}
}

/* A copy of the converted program without the converter's and the JIT's faults; malloc()ed. */
static struct ebpf_insn *repair(const struct rte_bpf_prm *prm, uint32_t *count)
{
	uint32_t *at = malloc((prm->nb_ins + 1) * sizeof(*at));
	struct ebpf_insn *fixed = malloc(2 * prm->nb_ins * sizeof(*fixed));

	if (at && fixed) {
		place(prm->ins, prm->nb_ins, at);
		rewrite(fixed, prm->ins, prm->nb_ins, at);
		*count = at[prm->nb_ins];
	} else {
		free(fixed);
		fixed = NULL;
	}
	free(at);
	return fixed;
}

static struct rte_bpf *load(const struct rte_bpf_prm *prm)
{
	struct rte_bpf_prm copy = *prm;
	struct ebpf_insn *fixed = repair(prm, &copy.nb_ins);
	struct rte_bpf *bpf = NULL;

	copy.ins = fixed;
	if (fixed)
		bpf = rte_bpf_load(&copy);
	free(fixed);
	return bpf;
}

filter_jit_fn *filter_jit_compile(struct filter_jit *jit, const struct bpf_program *program)
{
	struct rte_bpf_prm *prm = rte_bpf_convert(program);
	struct rte_bpf_jit code = {0};

	jit->bpf = prm ? load(prm) : NULL;
	rte_free(prm);
	if (!jit->bpf || rte_bpf_get_jit(jit->bpf, &code) || !code.func) {
		filter_jit_free(jit);
		return NULL;
	}
	return code.func;
}

void filter_jit_free(struct filter_jit *jit)
{
	if (jit->bpf)
		rte_bpf_destroy(jit->bpf);
	jit->bpf = NULL;
}
