-- An extension brings its own.
SELECT coalesce(home.class, classoid)::oid, coalesce(home.id, d.objoid), 'comment' || coalesce(' on ' || label, ''), 0,
       quote_literal(description) AS "none"
FROM pg_description d
LEFT JOIN LATERAL (
    SELECT 'pg_class'::regclass::oid AS class, attrelid AS id, 'column ' || quote_ident(attname) AS label
    FROM pg_attribute
    JOIN pg_class c ON c.oid = attrelid
    WHERE classoid = 'pg_class'::regclass AND objsubid > 0 AND attrelid = d.objoid AND attnum = objsubid
      AND relkind <> 'c'
    UNION ALL
    SELECT 'pg_type'::regclass, reltype, 'column ' || quote_ident(attname)
    FROM pg_attribute
    JOIN pg_class c ON c.oid = attrelid
    WHERE classoid = 'pg_class'::regclass AND objsubid > 0 AND attrelid = d.objoid AND attnum = objsubid
      AND relkind = 'c'
    UNION ALL
    SELECT 'pg_class'::regclass, indrelid, 'index ' || quote_ident(relname)
    FROM pg_index
    JOIN pg_class c ON c.oid = indexrelid
    WHERE classoid = 'pg_class'::regclass AND d.objsubid = 0 AND indexrelid = d.objoid
    UNION ALL
    SELECT 'pg_class'::regclass, refobjid, 'sequence ' || quote_ident(relname)
    FROM pg_depend
    JOIN pg_class c ON c.oid = objid
    WHERE classoid = 'pg_class'::regclass AND d.objsubid = 0 AND classid = 'pg_class'::regclass AND objid = d.objoid
      AND relkind = 'S' AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')
    UNION ALL
    SELECT CASE conrelid WHEN 0 THEN 'pg_type'::regclass ELSE 'pg_class'::regclass END,
           CASE conrelid WHEN 0 THEN contypid ELSE conrelid END, 'constraint ' || quote_ident(conname)
    FROM pg_constraint
    WHERE classoid = 'pg_constraint'::regclass AND oid = d.objoid
    UNION ALL
    SELECT 'pg_class'::regclass, tgrelid, 'trigger ' || quote_ident(tgname)
    FROM pg_trigger
    WHERE classoid = 'pg_trigger'::regclass AND oid = d.objoid
    UNION ALL
    SELECT 'pg_class'::regclass, ev_class, 'rule ' || quote_ident(rulename)
    FROM pg_rewrite
    WHERE classoid = 'pg_rewrite'::regclass AND oid = d.objoid
    UNION ALL
    SELECT 'pg_class'::regclass, polrelid, 'policy ' || quote_ident(polname)
    FROM pg_policy
    WHERE classoid = 'pg_policy'::regclass AND oid = d.objoid
    UNION ALL
    SELECT 'pg_class'::regclass, stxrelid, 'statistics ' || quote_ident(stxname)
    FROM pg_statistic_ext
    WHERE classoid = 'pg_statistic_ext'::regclass AND oid = d.objoid
) AS home ON true
WHERE (d.objoid >= 16384 OR classoid = 'pg_namespace'::regclass) AND classoid <> 'pg_extension'::regclass
