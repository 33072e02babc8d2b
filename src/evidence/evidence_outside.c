/* The watch over a tool that applies its migrations over connections of its own. */
#include "evidence/watch.h"
#include "pg/connection.h"

/* Afterwards it would be too late to ask what anything was made of. */
static int read_all(struct evidence *evidence, struct error **err)
{
	_cleanup_oids_ struct oid_list wanted = {0};
	_cleanup_states_ struct relation_states states = {0};
	for (size_t i = 0; i < evidence->registry.count; i++) {
		const struct relation *relation = &evidence->registry.items[i];
		if (strchr("rpmvf", relation->kind) && !relation->gone)
			oid_list_add(&wanted, relation->oid);
	}
	if (observer_states(evidence->observer, &wanted, &states, err) < 0)
		return -1;
	for (size_t i = 0; i < wanted.count; i++) {
		struct relation *relation = registry_find(&evidence->registry, wanted.items[i]);
		relation_state_free(relation->before);
		relation->before = relation_states_take(&states, relation->oid);
	}
	return 0;
}

int evidence_outside_begin(struct evidence *evidence, size_t migration, const char *role, struct error **err)
{
	struct moment moment;
	pg_result_free(&evidence->statistics);
	if (read_all(evidence, err) < 0 || observer_statistics(evidence->observer, &evidence->statistics, err) < 0 ||
	    observer_moment(evidence->observer, &moment, err) < 0)
		return -1;
	evidence->migration = migration;
	evidence->lsn = moment.lsn;
	evidence->begin_transaction = moment.transaction;
	evidence->sample_count = 0;
	evidence->last_look = evidence_now(evidence);
	evidence->next_slow_tick = evidence->last_look + WATCH_SLOW_TICK_MS;
	string_replace(&evidence->outside_role, string_copy(role));
	return 0;
}
