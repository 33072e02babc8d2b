/* What a branch holds: bytes of its own on the disk, and memory. */
#ifndef BENCH_FOOTPRINT_H
#define BENCH_FOOTPRINT_H

/* All that is written so far, as vela counts it and as btrfs does. */
double branch_bytes_by_vela(const char *vela, const char *pool, const char *name);
double branch_bytes_by_btrfs(const char *data);

/* Reads every table in full as the branch's own role, then has the server write out what that changed. */
void branch_read_tables(const char *pool, const char *data, const char *url);

/* Sum of Pss over the server and its children. */
double branch_memory(const char *data);

#endif
