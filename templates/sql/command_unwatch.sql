-- Takes back what command_watch.sql has made, also where a killed vela has left it; by names that only vela gives.
DO LANGUAGE plpgsql $vela$
DECLARE
	thing record;
	member text;
BEGIN
	FOR thing IN
		SELECT 'EVENT TRIGGER ' || pg_catalog.quote_ident(t.evtname) AS name, 1 AS place, t.tableoid AS class, t.oid
		FROM pg_catalog.pg_event_trigger t JOIN pg_catalog.pg_roles r ON r.oid = t.evtowner
		WHERE t.evtname ~ '^vela_watch_[0-9a-f]{32}(_[a-z]+)*$' AND r.rolsuper
		UNION ALL
		SELECT 'FUNCTION ' || pg_catalog.quote_ident(n.nspname) || '.tell()', 2, p.tableoid, p.oid
		FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
		JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner
		WHERE n.nspname ~ '^vela_watch_[0-9a-f]{32}$' AND p.proname = 'tell' AND r.rolsuper
		UNION ALL
		SELECT 'SCHEMA ' || pg_catalog.quote_ident(n.nspname), 3, n.tableoid, n.oid
		FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner
		WHERE n.nspname ~ '^vela_watch_[0-9a-f]{32}$' AND r.rolsuper
		ORDER BY place
	LOOP
		SELECT pg_catalog.quote_ident(e.extname) INTO member
		FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
		WHERE d.classid = thing.class AND d.objid = thing.oid AND d.deptype = 'e'
		  AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass;
		IF member IS NOT NULL THEN
			EXECUTE 'ALTER EXTENSION ' || member || ' DROP ' || thing.name;
		END IF;
		EXECUTE 'DROP ' || thing.name;
	END LOOP;
END
$vela$
