SELECT 'pg_publication'::regclass::oid, prpubid, format('table %I.%I', nspname, relname), prrelid
FROM pg_publication_rel
JOIN pg_class c ON c.oid = prrelid
JOIN pg_namespace n ON n.oid = relnamespace
