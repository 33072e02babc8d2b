-- What the relations of $1 are made of. It also runs in the transaction of whoever migrates, under that role and under
-- any search_path: everything is written out, operators too. Relation by relation, so that indexes are used whatever the
-- planner takes the number of relations for.
SELECT 'r', c.oid::pg_catalog.text, n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
       pg_catalog.quote_ident(n.nspname), pg_catalog.quote_ident(c.relname), c.relkind::pg_catalog.text,
       c.relfilenode::pg_catalog.text, c.relpersistence::pg_catalog.text, c.relam::pg_catalog.text,
       c.reltablespace::pg_catalog.text, c.relispartition::pg_catalog.text, {{size}}::pg_catalog.text,
       c.reltuples::pg_catalog.float8::pg_catalog.text, c.relpages::pg_catalog.text, ''::pg_catalog.text
FROM pg_catalog.unnest((SELECT $1)::pg_catalog.oid[]) x (oid)
CROSS JOIN LATERAL (SELECT * FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) x.oid OFFSET 0) c
CROSS JOIN LATERAL (SELECT n.nspname FROM pg_catalog.pg_namespace n
                    WHERE n.oid OPERATOR(pg_catalog.=) c.relnamespace OFFSET 0) n
UNION ALL
SELECT 'a', x.oid::pg_catalog.text, a.attnum::pg_catalog.text, a.attname::pg_catalog.text,
       pg_catalog.quote_ident(a.attname), pg_catalog.format_type(a.atttypid, a.atttypmod),
       a.atttypid::pg_catalog.text, a.atttypmod::pg_catalog.text, a.attcollation::pg_catalog.text,
       a.attnotnull::pg_catalog.text, a.atthasdef::pg_catalog.text, a.atthasmissing::pg_catalog.text,
       a.attidentity::pg_catalog.text, a.attgenerated::pg_catalog.text,
       CASE WHEN a.atttypid OPERATOR(pg_catalog.>=) '16384'
            THEN (SELECT coalesce(e.typtype, t.typtype)::pg_catalog.text FROM pg_catalog.pg_type t
                  LEFT JOIN pg_catalog.pg_type e ON e.oid OPERATOR(pg_catalog.=) t.typelem
                  WHERE t.oid OPERATOR(pg_catalog.=) a.atttypid) END,
       CASE WHEN a.atttypid OPERATOR(pg_catalog.>=) '16384'
            THEN (SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_type t
                  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) t.typnamespace
                  WHERE t.oid OPERATOR(pg_catalog.=) a.atttypid) END
FROM pg_catalog.unnest((SELECT $1)::pg_catalog.oid[]) x (oid)
CROSS JOIN LATERAL (SELECT * FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) x.oid
                    AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped OFFSET 0) a
UNION ALL
SELECT 'c', x.oid::pg_catalog.text, c.oid::pg_catalog.text, c.conname::pg_catalog.text,
       pg_catalog.quote_ident(c.conname), c.contype::pg_catalog.text, c.convalidated::pg_catalog.text,
       c.conislocal::pg_catalog.text, c.conkey::pg_catalog.text, {{definition}}, '', '', '', '', '', ''
FROM pg_catalog.unnest((SELECT $1)::pg_catalog.oid[]) x (oid)
CROSS JOIN LATERAL (SELECT * FROM pg_catalog.pg_constraint c WHERE c.conrelid OPERATOR(pg_catalog.=) x.oid OFFSET 0) c
UNION ALL
SELECT 'i', x.oid::pg_catalog.text, i.indexrelid::pg_catalog.text, c.relname::pg_catalog.text,
       pg_catalog.quote_ident(c.relname), c.relkind::pg_catalog.text, c.relfilenode::pg_catalog.text,
       i.indisvalid::pg_catalog.text, '', '', '', '', '', '', '', ''
FROM pg_catalog.unnest((SELECT $1)::pg_catalog.oid[]) x (oid)
CROSS JOIN LATERAL (SELECT i.indexrelid, i.indisvalid FROM pg_catalog.pg_index i
                    WHERE i.indrelid OPERATOR(pg_catalog.=) x.oid OFFSET 0) i
CROSS JOIN LATERAL (SELECT c.relname, c.relkind, c.relfilenode FROM pg_catalog.pg_class c
                    WHERE c.oid OPERATOR(pg_catalog.=) i.indexrelid OFFSET 0) c
