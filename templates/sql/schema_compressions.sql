SELECT 'pg_class'::regclass::oid, attrelid, 'compression of column ' || quote_ident(attname), attnum,
       CASE attcompression WHEN 'l' THEN 'lz4' ELSE 'pglz' END AS "default"
FROM pg_attribute a
JOIN pg_class c ON c.oid = attrelid
WHERE attrelid >= 16384 AND attnum > 0 AND NOT attisdropped AND attcompression <> '' AND relkind IN ('r', 'p')
