/* Plans in words, the same in every format. */
#ifndef VELA_REPORT_DESCRIBE_PLAN_H
#define VELA_REPORT_DESCRIBE_PLAN_H

#include "base/buffer.h"
#include "report/plan.h"

/* "50 rows, 12,012 expected, 214 blocks"; what was expected only where it was far off. */
void describe_plan_node(struct buffer *out, const struct plan_node *node);

/* "288,412 blocks, 812 spilled, 2.2 s"; "no plan" */
void describe_plan_side(struct buffer *out, const struct report_plan_side *side);

#endif
