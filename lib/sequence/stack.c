/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Units are pulled up from the last stage: each asks the one below when it has no more itself. */
#include "pkts_seq_stack.h"

static bool is_usable(const struct pkts_seq_stage *stage, const struct pkts_seq_stage *below)
{
	const struct pkts_seq_stage_ops *const ops = stage->ops;

	return ops && ops->put && ops->get && ops->put_get &&
	       (!below || below->bounded || ops->takes_streams);
}

int pkts_seq_stack_init(struct pkts_seq_stack *s, struct pkts_seq_stage *stages, unsigned n)
{
	if (n == 0 || n > PKTS_SEQ_STAGES)
		return -PKTS_EINVAL;
	for (unsigned i = 0; i < n; i++)
		if (!is_usable(&stages[i], i ? &stages[i - 1] : NULL))
			return -PKTS_EINVAL;
	*s = (struct pkts_seq_stack){.stages = stages, .n = n};
	return 0;
}

static bool discards(struct pkts_seq_stack *s, unsigned i, const struct pkts_unit *in)
{
	const struct pkts_seq_stage *const stage = &s->stages[i];

	if (!stage->discard || !stage->discard(stage->discard_ctx, in))
		return false;
	s->discarded++;
	return true;
}

static int failed(struct pkts_seq_stack *s, unsigned i, int error)
{
	s->failed = i;
	return error;
}

/* What stage i made of a unit: a unit of its own, nothing yet, or an error. */
static int made(struct pkts_seq_stack *s, unsigned i, int result, struct pkts_unit *out)
{
	if (result == 0)
		out->bounded = s->stages[i].bounded;
	else if (result != -PKTS_EAGAIN)
		return failed(s, i, result);
	return result;
}

static bool flush_stage(struct pkts_seq_stack *s, unsigned i)
{
	if (!s->flushing || s->flushed >> i & 1)
		return false;
	s->flushed |= (uint8_t)(1u << i);
	if (s->stages[i].ops->flush)
		s->stages[i].ops->flush(s->stages[i].ctx);
	return true;
}

/* The next unit of stage i, and of those below as far as it takes. As deep as there are stages. */
static int pull(struct pkts_seq_stack *s, unsigned i, struct pkts_unit *out)
{
	const struct pkts_seq_stage *const stage = &s->stages[i];
	struct pkts_unit in;
	int result = made(s, i, stage->ops->get(stage->ctx, out), out);

	while (result == -PKTS_EAGAIN) {
		result = i > 0 ? pull(s, i - 1, &in) : -PKTS_EAGAIN;
		if (result == -PKTS_EAGAIN) {
			if (!flush_stage(s, i))
				return -PKTS_EAGAIN;
			result = made(s, i, stage->ops->get(stage->ctx, out), out);
		} else if (result == 0) {
			result = discards(s, i, &in)
					 ? -PKTS_EAGAIN
					 : made(s, i, stage->ops->put_get(stage->ctx, &in, out),
						   out);
		}
	}
	return result;
}

/* Stages above the first may borrow from those below until they have nothing more to hand out. */
static int told(struct pkts_seq_stack *s, int result)
{
	s->busy = s->n > 1 && result != -PKTS_EAGAIN;
	return result;
}

int pkts_seq_stack_get(struct pkts_seq_stack *s, struct pkts_unit *out)
{
	return told(s, pull(s, s->n - 1, out));
}

static bool begin_put(struct pkts_seq_stack *s)
{
	if (s->busy)
		return false;
	s->flushing = false;
	return true;
}

int pkts_seq_stack_put_unfiltered(struct pkts_seq_stack *s, const struct pkts_unit *in)
{
	if (!begin_put(s))
		return -PKTS_ENOSPC;
	const int result = s->stages[0].ops->put(s->stages[0].ctx, in);
	return result ? failed(s, 0, result) : 0;
}

int pkts_seq_stack_put(struct pkts_seq_stack *s, const struct pkts_unit *in)
{
	return !s->busy && discards(s, 0, in) ? 0 : pkts_seq_stack_put_unfiltered(s, in);
}

/* A unit goes up, as far as each stage makes a unit of it at once. */
static int rise(struct pkts_seq_stack *s, const struct pkts_unit *first, struct pkts_unit *out)
{
	struct pkts_unit in = *first;
	int result = 0;

	for (unsigned i = 0; i < s->n && result == 0; i++, in = *out) {
		const struct pkts_seq_stage *const stage = &s->stages[i];
		if (discards(s, i, &in))
			return -PKTS_EAGAIN;
		result = made(s, i, stage->ops->put_get(stage->ctx, &in, out), out);
	}
	return result;
}

int pkts_seq_stack_put_get(
	struct pkts_seq_stack *s, const struct pkts_unit *in, struct pkts_unit *out)
{
	if (!begin_put(s))
		return -PKTS_ENOSPC;
	const int result = rise(s, in, out);
	return told(s, result == -PKTS_EAGAIN ? pull(s, s->n - 1, out) : result);
}

void pkts_seq_stack_flush(struct pkts_seq_stack *s)
{
	s->flushing = true;
	s->flushed = 0;
}
