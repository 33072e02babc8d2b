-- The ways to other servers: passwords in user mappings, and programs behind foreign tables.
SELECT format('DROP USER MAPPING FOR %s SERVER %I',
              CASE WHEN umuser = 0 THEN 'PUBLIC' ELSE quote_ident(usename) END, srvname)
FROM pg_user_mappings
UNION ALL
SELECT format('ALTER FOREIGN TABLE %I.%I OPTIONS (SET program ''false'')', nspname, relname)
FROM pg_foreign_table
JOIN pg_class ON pg_class.oid = ftrelid
JOIN pg_namespace ON pg_namespace.oid = relnamespace
JOIN pg_foreign_server ON pg_foreign_server.oid = ftserver
JOIN pg_foreign_data_wrapper ON pg_foreign_data_wrapper.oid = srvfdw
JOIN pg_proc ON pg_proc.oid = fdwvalidator
JOIN pg_language ON pg_language.oid = prolang AND lanname = 'c'
WHERE EXISTS (SELECT FROM pg_options_to_table(ftoptions) WHERE option_name = 'program' AND option_value <> 'false')
