SELECT NULL, format('the collation of database "%s" has version %s in the source and %s on this host, so indexes on '
                    'text may miss rows: use a host with the same operating system, or REINDEX', datname,
                    datcollversion, coalesce(pg_database_collation_actual_version(oid), 'none'))
FROM pg_database
WHERE datname = current_database() AND datcollversion IS NOT NULL
  AND datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid)
