/* What the formats that are JSON are put together from. Whatever text goes in is made safe: see text_add_safe(). */
#ifndef VELA_REPORT_JSON_PARTS_H
#define VELA_REPORT_JSON_PARTS_H

#include "report/report.h"

json_t *json_text(const char *text);            /* null for NULL */
json_t *json_milliseconds(double milliseconds); /* to the microsecond; 0 for what is no duration */
json_t *json_number(double number);             /* null for what JSON has not */
json_t *json_known(int number);                 /* null unless positive */
json_t *json_bytes(uint64_t bytes);
json_t *json_rows(int64_t rows);        /* null below 0 */
json_t *json_place(size_t place);       /* null for SIZE_MAX */
json_t *json_texts(char *const *texts); /* an array; NULL is an empty one */
json_t *json_outcome(enum report_outcome outcome);
json_t *json_severity(enum report_severity severity);
json_t *json_failure(const struct report_failure *failure);    /* null for NULL */
void json_add(json_t *object, const char *key, json_t *value); /* takes `value` over */
void json_append(json_t *array, json_t *value);                /* likewise */
void json_write(json_t *root, struct buffer *out);             /* with a newline; takes `root` over */

/* The larger members of a report. */
json_t *json_migration(const struct report_migration *migration);
json_t *json_relation(const struct report_relation *relation);
json_t *json_hazard(const struct report_hazard *hazard);
json_t *json_schema_changes(const struct report_schema_change *changes, size_t count);
json_t *json_reversal(const struct report_reversal *reversal); /* null if it was not tried */
json_t *json_plan(const struct report_plan *plan);
json_t *json_workload(const struct report_workload *workload); /* null if there was none */

#endif
