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

int evidence_outside_begin(struct evidence *evidence, size_t migration, const char *role, const int *left_out,
			   size_t left_out_count, struct error **err)
{
	struct moment moment;
	pg_result_free(&evidence->statistics);
	if (read_all(evidence, err) < 0 || observer_statistics(evidence->observer, &evidence->statistics, err) < 0 ||
	    observer_moment(evidence->observer, &moment, err) < 0)
		return -1;
	evidence->migration = migration;
	evidence->lsn = moment.lsn;
	evidence->begin_transaction = moment.transaction;
	evidence->sample_count = evidence->backend_count = evidence->left_out.count = 0;
	evidence->last_look = evidence_now(evidence);
	evidence->next_slow_tick = evidence->last_look + WATCH_SLOW_TICK_MS;
	string_replace(&evidence->outside_role, string_copy(role));
	for (size_t i = 0; i < left_out_count; i++)
		oid_list_add(&evidence->left_out, (uint32_t)left_out[i]);
	return 0;
}

static struct hang *hang_of(struct evidence *evidence, int pid)
{
	for (size_t i = 0; i < evidence->backend_count; i++)
		if (evidence->backends[i].pid == pid)
			return &evidence->backends[i].hang;
	evidence->backends =
		memory_resize(evidence->backends, evidence->backend_count + 1, sizeof(*evidence->backends));
	evidence->backends[evidence->backend_count] = (struct watch_backend){.pid = pid};
	return &evidence->backends[evidence->backend_count++].hang;
}

static int check_hangs(struct evidence *evidence, const struct outside_look *look, double now, char **ret_hang,
		       struct error **err)
{
	for (size_t i = 0; i < look->backend_count && !*ret_hang; i++) {
		const struct outside_backend *backend = &look->backends[i];
		struct hang *hang = hang_of(evidence, backend->pid);
		if (!backend->waits)
			*hang = (struct hang){0};
		else if (hang_check(hang, evidence->observer, backend->pid, now, EVIDENCE_HANG_MS, ret_hang, err) < 0)
			return -1;
		if (*ret_hang)
			string_replace(ret_hang, string_format("process %d %s", backend->pid, *ret_hang));
	}
	return 0;
}

int evidence_outside_tick(struct evidence *evidence, char **ret_hang, struct error **err)
{
	_cleanup_outside_look_ struct outside_look look = {0};
	double now = evidence_now(evidence);
	*ret_hang = NULL;
	if (observer_look_outside(evidence->observer, evidence->outside_role, &evidence->left_out, &look, err) < 0)
		return -1;
	watch_sample(evidence, &look.look);
	if (now < evidence->next_slow_tick)
		return 0;
	evidence->next_slow_tick = now + WATCH_SLOW_TICK_MS;
	return check_hangs(evidence, &look, now, ret_hang, err);
}

int evidence_outside_end(struct evidence *evidence, struct report_migration *migration, size_t statement,
			 struct error **err)
{
	struct moment moment;
	struct report_statement *record = &migration->list[statement];
	if (observer_moment(evidence->observer, &moment, err) < 0 ||
	    watch_committed(evidence, migration, statement, err) < 0)
		return -1;
	record->wal_bytes = moment.lsn - evidence->lsn;
	evidence->lsn = moment.lsn;
	string_replace(&evidence->outside_role, NULL);
	pg_result_free(&evidence->statistics);
	return watch_peak(evidence, record, err);
}
