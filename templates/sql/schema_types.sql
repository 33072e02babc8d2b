-- Neither the row types of tables, nor arrays and multiranges, which come with their elements.
SELECT 'pg_type'::regclass::oid, t.oid,
       CASE typtype WHEN 'd' THEN 'domain' ELSE 'type' END || format(' %I.%I', nspname, typname), nspname, NULL,
       CASE typtype WHEN 'e' THEN 'enum' WHEN 'c' THEN 'composite' WHEN 'r' THEN 'range' WHEN 'b' THEN 'base' END
            AS "domain",
       'as ' || format_type(nullif(typbasetype, 0), typtypmod) AS "no base type",
       CASE WHEN typtype = 'd' AND typcollation <> (SELECT base.typcollation FROM pg_type base
                                                    WHERE base.oid = t.typbasetype)
            THEN 'collate ' || typcollation::regcollation END AS "default collation",
       CASE WHEN typnotnull THEN 'not null' END AS "nullable",
       'default ' || coalesce(pg_get_expr(typdefaultbin, 0), quote_literal(typdefault)) AS "no default",
       'of ' || format_type(rngsubtype, NULL) AS "no subtype",
       nullif(concat_ws(', ', 'operator class ' || (SELECT format('%I.%I', o.nspname, opcname)
                                             FROM pg_opclass
                                             JOIN pg_namespace o ON o.oid = opcnamespace
                                             WHERE pg_opclass.oid = rngsubopc),
                 'collation ' || nullif(rngcollation, 0)::regcollation,
                 'canonical ' || nullif(rngcanonical, 0)::regprocedure,
                 'subtype_diff ' || nullif(rngsubdiff, 0)::regprocedure), '') AS "no range",
       CASE typtype WHEN 'b' THEN format('input %s, output %s, length %s', typinput::oid::regprocedure,
                                         typoutput::oid::regprocedure, typlen) END AS "no functions",
       CASE WHEN typowner <> datdba THEN 'owned by ' || quote_ident(pg_get_userbyid(typowner)) END
            AS "owned by the database's owner"
FROM pg_type t
JOIN pg_namespace n ON n.oid = typnamespace
JOIN pg_database ON datname = current_database()
LEFT JOIN pg_range ON rngtypid = t.oid
WHERE t.oid >= 16384 AND typisdefined AND typtype IN ('e', 'd', 'r', 'c', 'b')
  AND nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
  AND (typtype <> 'c' OR EXISTS (SELECT FROM pg_class WHERE pg_class.oid = typrelid AND relkind = 'c'))
  AND (typtype <> 'b' OR NOT EXISTS (SELECT FROM pg_type element WHERE element.typarray = t.oid))
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_type'::regclass AND objid = t.oid AND deptype = 'e')
