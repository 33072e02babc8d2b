-- What the relations of $1 are made of. It also runs in the transaction of whoever migrates, under that role and under
-- any search_path: everything is written out, operators too.
SELECT 'r', c.oid::pg_catalog.text, n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
       pg_catalog.quote_ident(n.nspname), pg_catalog.quote_ident(c.relname), c.relkind::pg_catalog.text,
       c.relfilenode::pg_catalog.text, c.relpersistence::pg_catalog.text, c.relam::pg_catalog.text,
       c.reltablespace::pg_catalog.text, c.relispartition::pg_catalog.text, {{size}}::pg_catalog.text,
       c.reltuples::pg_catalog.float8::pg_catalog.text, c.relpages::pg_catalog.text, ''::pg_catalog.text
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE c.oid OPERATOR(pg_catalog.=) ANY ((SELECT $1)::pg_catalog.oid[])
UNION ALL
SELECT 'a', a.attrelid::pg_catalog.text, a.attnum::pg_catalog.text, a.attname::pg_catalog.text,
       pg_catalog.quote_ident(a.attname), pg_catalog.format_type(a.atttypid, a.atttypmod),
       a.atttypid::pg_catalog.text, a.atttypmod::pg_catalog.text, a.attcollation::pg_catalog.text,
       a.attnotnull::pg_catalog.text, a.atthasdef::pg_catalog.text, a.atthasmissing::pg_catalog.text,
       a.attidentity::pg_catalog.text, a.attgenerated::pg_catalog.text,
       (SELECT e.typtype FROM pg_catalog.pg_type e
        WHERE e.oid OPERATOR(pg_catalog.=) CASE WHEN t.typelem OPERATOR(pg_catalog.=) '0' THEN t.oid ELSE t.typelem END)::pg_catalog.text,
       (SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_namespace n
        WHERE n.oid OPERATOR(pg_catalog.=) t.typnamespace AND n.nspname OPERATOR(pg_catalog.<>) 'pg_catalog')
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid
WHERE a.attrelid OPERATOR(pg_catalog.=) ANY ((SELECT $1)::pg_catalog.oid[])
  AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
UNION ALL
SELECT 'c', c.conrelid::pg_catalog.text, c.oid::pg_catalog.text, c.conname::pg_catalog.text,
       pg_catalog.quote_ident(c.conname), c.contype::pg_catalog.text, c.convalidated::pg_catalog.text,
       c.conislocal::pg_catalog.text, c.conkey::pg_catalog.text, {{definition}}, '', '', '', '', '', ''
FROM pg_catalog.pg_constraint c
WHERE c.conrelid OPERATOR(pg_catalog.=) ANY ((SELECT $1)::pg_catalog.oid[])
UNION ALL
SELECT 'i', i.indrelid::pg_catalog.text, i.indexrelid::pg_catalog.text, c.relname::pg_catalog.text,
       pg_catalog.quote_ident(c.relname), c.relkind::pg_catalog.text, c.relfilenode::pg_catalog.text,
       i.indisvalid::pg_catalog.text, '', '', '', '', '', '', '', ''
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
WHERE i.indrelid OPERATOR(pg_catalog.=) ANY ((SELECT $1)::pg_catalog.oid[])
