-- No branch reaches another server, whoever knows a password there. Without a handler a foreign-data wrapper has neither
-- tables nor schemas to import, also for those who own its servers. Functions that open connections are withheld: those
-- of the extensions named here, and of every other that brings a foreign-data wrapper, for they often connect as well.
WITH extension (name) AS (
    VALUES ('amqp'), ('aws_lambda'), ('aws_s3'), ('bdr'), ('citus'), ('dblink'), ('http'), ('orafce_mail'), ('pg_curl'),
           ('pg_duckdb'), ('pg_net'), ('pg_smtp_client'), ('pgautofailover'), ('pglogical'), ('pgmemcache'), ('plproxy'),
           ('spock')
), wrapper AS (
    -- file_fdw stays: its validator lets nobody name a file who may not read all of them
    SELECT fdw.oid, fdwname, fdwowner, fdwacl, handler.oid IS NOT NULL AS works,
           handler.prosrc IS NOT DISTINCT FROM 'file_fdw_handler'
           AND validator.prosrc IS NOT DISTINCT FROM 'file_fdw_validator' AS is_local
    FROM pg_foreign_data_wrapper fdw
    LEFT JOIN pg_proc handler ON handler.oid = fdwhandler
    LEFT JOIN pg_proc validator ON validator.oid = fdwvalidator
), member AS (
    SELECT classid, objid, extname
    FROM pg_depend
    JOIN pg_extension ON refclassid = 'pg_extension'::regclass AND refobjid = pg_extension.oid
    WHERE deptype = 'e'
), network AS (
    SELECT extname
    FROM pg_extension
    WHERE extname IN (SELECT name FROM extension)
    UNION
    -- the wrapper of TimescaleDB is a small part of it
    SELECT extname
    FROM member
    JOIN wrapper ON classid = 'pg_foreign_data_wrapper'::regclass AND objid = wrapper.oid AND NOT is_local
    WHERE extname <> 'timescaledb'
), granted (kind, label, grantee) AS (
    SELECT 'FOREIGN DATA WRAPPER', quote_ident(fdwname), grantee
    FROM wrapper, aclexplode(fdwacl)
    WHERE grantee <> fdwowner
    UNION ALL
    SELECT 'FOREIGN SERVER', quote_ident(srvname), grantee
    FROM pg_foreign_server, aclexplode(srvacl)
    WHERE grantee <> srvowner
    UNION ALL
    SELECT 'ROUTINE', p.oid::regprocedure::text, grantee
    FROM network
    JOIN member USING (extname)
    JOIN pg_proc p ON classid = 'pg_proc'::regclass AND objid = p.oid,
         aclexplode(coalesce(proacl, acldefault('f', proowner)))
    WHERE grantee <> proowner
), named AS (
    SELECT extname AS name FROM network
    UNION
    SELECT fdwname FROM wrapper WHERE works AND NOT is_local
)
SELECT format('ALTER FOREIGN DATA WRAPPER %I NO HANDLER', fdwname), NULL
FROM wrapper
WHERE works AND NOT is_local
UNION ALL
SELECT DISTINCT format('REVOKE ALL ON %s %s FROM %s CASCADE', kind, label,
                       CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END), NULL
FROM granted
UNION ALL
SELECT NULL, format('database "%s": branches cannot use what reaches other servers: %s', current_database(),
                    string_agg(name, ', ' ORDER BY name))
FROM named
HAVING count(*) > 0
