-- A sequence that belongs to a column is a part of its table.
SELECT 'pg_class'::regclass::oid, c.oid,
       CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                    WHEN 'S' THEN 'sequence' ELSE 'table' END || format(' %I.%I', nspname, c.relname),
       nspname, c.relname,
       CASE c.relpersistence WHEN 'u' THEN 'unlogged' END AS "logged",
       'of type ' || format_type(nullif(c.reloftype, 0), NULL) AS "of no type",
       CASE c.relkind WHEN 'p' THEN 'partition by ' || pg_get_partkeydef(c.oid) END AS "not partitioned",
       CASE WHEN c.relispartition THEN 'partition of ' || parents ELSE 'inherits ' || parents END AS "inherits nothing",
       CASE WHEN c.relispartition THEN
            coalesce('for values' || substr(nullif(pg_get_expr(c.relpartbound, c.oid), 'DEFAULT'),
                                            length('FOR VALUES') + 1), 'default')
       END AS "no bounds",
       CASE WHEN amname <> 'heap' THEN 'using ' || quote_ident(amname) END AS "using heap",
       'server ' || quote_ident(srvname) AS "no server",
       'tablespace ' || quote_ident(spcname) AS "default tablespace",
       CASE WHEN c.reloptions IS NOT NULL OR toast.reloptions IS NOT NULL
            THEN 'with (' || array_to_string(ARRAY(SELECT unnest(c.reloptions)
                                                   UNION ALL
                                                   SELECT 'toast.' || unnest(toast.reloptions)
                                                   ORDER BY 1), ', ') || ')'
       END AS "no options",
       CASE WHEN c.relkind = 'm' AND NOT c.relispopulated THEN 'with no data' END AS "with data",
       CASE WHEN c.relrowsecurity THEN 'row security enabled' END AS "row security disabled",
       CASE WHEN c.relforcerowsecurity THEN 'row security forced' END AS "row security not forced",
       CASE WHEN c.relkind IN ('r', 'p') THEN
            CASE c.relreplident
                WHEN 'f' THEN 'replica identity full'
                WHEN 'n' THEN 'replica identity nothing'
                WHEN 'i' THEN 'replica identity using ' || coalesce(
                        (SELECT quote_ident(i.relname)
                         FROM pg_index
                         JOIN pg_class i ON i.oid = indexrelid
                         WHERE indrelid = c.oid AND indisreplident), 'a dropped index')
            END
       END AS "replica identity default",
       CASE WHEN c.relowner <> datdba THEN 'owned by ' || quote_ident(pg_get_userbyid(c.relowner)) END
            AS "owned by the database's owner"
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_database ON datname = current_database()
LEFT JOIN pg_class toast ON toast.oid = c.reltoastrelid
LEFT JOIN (SELECT inhrelid, string_agg(format('%I.%I', nspname, relname), ', ' ORDER BY inhseqno) AS parents
           FROM pg_inherits
           JOIN pg_class ON pg_class.oid = inhparent
           JOIN pg_namespace ON pg_namespace.oid = relnamespace
           WHERE relkind IN ('r', 'p', 'f')
           GROUP BY inhrelid) AS inheritance ON inhrelid = c.oid
LEFT JOIN pg_am ON pg_am.oid = c.relam
LEFT JOIN pg_tablespace ON pg_tablespace.oid = c.reltablespace
LEFT JOIN pg_foreign_table ON ftrelid = c.oid
LEFT JOIN pg_foreign_server ON pg_foreign_server.oid = ftserver
WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't'
  AND nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend
                  WHERE classid = 'pg_class'::regclass AND objid = c.oid
                    AND (deptype = 'e' OR (c.relkind = 'S' AND deptype IN ('a', 'i')
                                           AND refclassid = 'pg_class'::regclass)))
