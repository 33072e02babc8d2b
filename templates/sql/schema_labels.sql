SELECT 'pg_type'::regclass::oid, enumtypid, '', 0,
       string_agg('label ' || quote_literal(enumlabel), E'\n' ORDER BY enumsortorder) AS "no labels"
FROM pg_enum
WHERE enumtypid >= 16384
GROUP BY enumtypid
