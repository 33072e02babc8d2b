-- What superusers own goes to the database's owner, or to a plain role where that is a superuser: a branch can then
-- migrate it, and a SECURITY DEFINER function no longer lends a superuser's rights. Left where they are: what belongs
-- to an extension, functions in untrusted languages, and what only a superuser can own.
WITH heir AS (
    SELECT CASE WHEN rolsuper OR datistemplate THEN {{heir}}::name ELSE rolname END AS name
    FROM pg_database
    JOIN pg_authid ON pg_authid.oid = datdba
    WHERE datname = current_database()
), giver AS (
    SELECT oid FROM pg_authid, heir WHERE rolsuper OR (rolname = {{role}} AND rolname <> heir.name)
), space AS (
    SELECT oid, nspname, nspowner FROM pg_namespace WHERE nspname !~ '^pg_(toast|temp_|toast_temp_)'
), thing (class, id, owner, kind, label) AS (
    SELECT 'pg_namespace'::regclass, oid, nspowner, 'SCHEMA', format('%I', nspname)
    FROM space
    WHERE oid >= 16384 OR nspname = 'public'
    UNION ALL
    SELECT 'pg_class'::regclass, c.oid, relowner,
           CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE'
                        WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
           format('%I.%I', nspname, relname)
    FROM pg_class c
    JOIN space ON space.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      -- a sequence of a column follows its table
      AND NOT (relkind = 'S' AND EXISTS (SELECT FROM pg_depend
                                         WHERE classid = 'pg_class'::regclass AND objid = c.oid
                                           AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')))
    UNION ALL
    SELECT 'pg_proc'::regclass, p.oid, proowner, 'ROUTINE', p.oid::regprocedure::text
    FROM pg_proc p
    JOIN space ON space.oid = pronamespace
    JOIN pg_language l ON l.oid = prolang
    WHERE prokind = 'a' OR lanpltrusted
    UNION ALL
    SELECT 'pg_type'::regclass, t.oid, typowner, 'TYPE', format('%I.%I', nspname, typname)
    FROM pg_type t
    JOIN space ON space.oid = typnamespace
    LEFT JOIN pg_class c ON c.oid = typrelid
    WHERE typtype IN ('b', 'c', 'd', 'e', 'r') AND (typrelid = 0 OR c.relkind = 'c')
      AND NOT EXISTS (SELECT FROM pg_type element WHERE element.typarray = t.oid)
    UNION ALL
    SELECT 'pg_collation'::regclass, c.oid, collowner, 'COLLATION', format('%I.%I', nspname, collname)
    FROM pg_collation c
    JOIN space ON space.oid = collnamespace
    UNION ALL
    SELECT 'pg_conversion'::regclass, c.oid, conowner, 'CONVERSION', format('%I.%I', nspname, conname)
    FROM pg_conversion c
    JOIN space ON space.oid = connamespace
    UNION ALL
    SELECT 'pg_operator'::regclass, o.oid, oprowner, 'OPERATOR', o.oid::regoperator::text
    FROM pg_operator o
    JOIN space ON space.oid = oprnamespace
    UNION ALL
    SELECT 'pg_opclass'::regclass, o.oid, opcowner, 'OPERATOR CLASS',
           format('%I.%I USING %I', nspname, opcname, amname)
    FROM pg_opclass o
    JOIN space ON space.oid = opcnamespace
    JOIN pg_am ON pg_am.oid = opcmethod
    UNION ALL
    SELECT 'pg_opfamily'::regclass, o.oid, opfowner, 'OPERATOR FAMILY',
           format('%I.%I USING %I', nspname, opfname, amname)
    FROM pg_opfamily o
    JOIN space ON space.oid = opfnamespace
    JOIN pg_am ON pg_am.oid = opfmethod
    UNION ALL
    SELECT 'pg_ts_dict'::regclass, d.oid, dictowner, 'TEXT SEARCH DICTIONARY', format('%I.%I', nspname, dictname)
    FROM pg_ts_dict d
    JOIN space ON space.oid = dictnamespace
    UNION ALL
    SELECT 'pg_ts_config'::regclass, c.oid, cfgowner, 'TEXT SEARCH CONFIGURATION', format('%I.%I', nspname, cfgname)
    FROM pg_ts_config c
    JOIN space ON space.oid = cfgnamespace
    UNION ALL
    SELECT 'pg_statistic_ext'::regclass, s.oid, stxowner, 'STATISTICS', format('%I.%I', nspname, stxname)
    FROM pg_statistic_ext s
    JOIN space ON space.oid = stxnamespace
), given AS (
    SELECT kind, label
    FROM thing
    WHERE owner IN (SELECT oid FROM giver)
      AND (id >= 16384 OR kind = 'SCHEMA')
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = class AND objid = id AND deptype = 'e')
), large_object AS (
    -- there may be millions: many in one statement
    SELECT string_agg(format('ALTER LARGE OBJECT %s OWNER TO %I', id, heir.name), '; ') AS statements,
           count(*) AS objects
    FROM (SELECT oid AS id, row_number() OVER (ORDER BY oid) / 500 AS batch
          FROM pg_largeobject_metadata
          WHERE lomowner IN (SELECT oid FROM giver)) AS numbered, heir
    GROUP BY batch
)
SELECT format('ALTER %s %s OWNER TO %I', kind, label, heir.name), NULL FROM given, heir
UNION ALL
SELECT statements, NULL FROM large_object
UNION ALL
SELECT NULL, format('database "%s": %s of superusers now %s to a plain role, so that branches can change %s',
                    current_database(), CASE WHEN total > 1 THEN total || ' objects' ELSE '1 object' END,
                    CASE WHEN total > 1 THEN 'belong' ELSE 'belongs' END,
                    CASE WHEN total > 1 THEN 'them' ELSE 'it' END)
FROM (SELECT (SELECT count(*) FROM given) + (SELECT coalesce(sum(objects), 0) FROM large_object) AS total) AS counted
WHERE total > 0
