-- What a command's own sessions tell of what they do: event triggers that write it into the server's log, where it
-- survives a rollback. They run with a superuser's rights, so that no role's can be in the way; nobody can call them, they
-- run nothing of a user's, and what goes wrong in them does not reach the statement. For as long as they are there they
-- belong to an extension: a dump that the command takes has nothing of them.
CREATE SCHEMA {{schema}};
CREATE FUNCTION {{schema}}.tell() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET client_min_messages = error
SET log_min_messages = log
SET log_min_error_statement = panic
SET log_error_verbosity = verbose
SET plan_cache_mode = force_generic_plan
SET jit = off
SET max_parallel_workers_per_gather = 0
SET row_security = off
AS $vela$
#variable_conflict use_variable
DECLARE
	locks text;
	counted oid[];
	touched oid[];
	objects oid[];
	few constant int := 16;
	newest constant oid := {{newest}};
	state_rows json;
	count_rows json;
BEGIN
	IF TG_EVENT = 'table_rewrite' THEN
		RAISE LOG '{{token}} %', json_build_object('event', TG_EVENT, 'relation', pg_event_trigger_table_rewrite_oid(),
			'reason', pg_event_trigger_table_rewrite_reason());
		RETURN;
	END IF;
	IF TG_EVENT = 'sql_drop' THEN
		SELECT array_agg(o.objid) INTO objects FROM pg_event_trigger_dropped_objects() o
		WHERE o.classid = 'pg_class'::regclass AND o.objsubid = 0 AND o.objid <= newest;
		RAISE LOG '{{token}} %', json_build_object('event', TG_EVENT, 'objects', objects);
		RETURN;
	END IF;
	SELECT string_agg(l.relation || ' ' || l.mode, ' '),
	       array_agg(DISTINCT l.relation) FILTER (WHERE c.relkind IN ('r', 'p', 'm')),
	       array_agg(DISTINCT coalesce(i.indrelid, l.relation)) FILTER (WHERE l.mode IN
	         ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'))
	INTO locks, counted, touched
	FROM pg_locks l
	LEFT JOIN pg_class c ON c.oid = l.relation
	LEFT JOIN pg_index i ON i.indexrelid = l.relation
	WHERE l.pid = pg_backend_pid() AND l.granted AND l.locktype = 'relation' AND l.relation BETWEEN 16384 AND newest;
	IF TG_EVENT = 'ddl_command_end' THEN
		SELECT array_agg(DISTINCT coalesce(i.indrelid, o.objid)) INTO objects
		FROM pg_event_trigger_ddl_commands() o
		LEFT JOIN pg_index i ON i.indexrelid = o.objid
		WHERE o.classid = 'pg_class'::regclass AND coalesce(i.indrelid, o.objid) <= newest;
		SELECT array_agg(DISTINCT u.oid) INTO touched
		FROM unnest(CASE WHEN cardinality(touched) <= few THEN touched END || objects) u (oid) WHERE u.oid <= newest;
		SELECT json_agg(json_build_array(x.c1, x.c2, x.c3, x.c4, x.c5, x.c6, x.c7, x.c8, x.c9, x.c10, x.c11, x.c12,
		                                 x.c13, x.c14, x.c15, x.c16))
		INTO state_rows
		FROM ({{states}}) x (c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16);
	END IF;
	SELECT json_agg(json_build_array(x.c1, x.c2, x.c3, x.c4, x.c5, x.c6, x.c7)) INTO count_rows
	FROM ({{counts}}) x (c1, c2, c3, c4, c5, c6, c7);
	RAISE LOG '{{token}} %', json_build_object('event', TG_EVENT, 'tag', TG_TAG, 'locks', locks, 'touched', touched,
		'counted', counted, 'objects', objects, 'states', state_rows, 'counts', count_rows);
EXCEPTION WHEN OTHERS THEN
	RAISE LOG '{{token}} %', json_build_object('event', 'problem', 'message', SQLERRM);
END
$vela$;
REVOKE ALL ON FUNCTION {{schema}}.tell() FROM PUBLIC;
ALTER EXTENSION plpgsql ADD SCHEMA {{schema}};
ALTER EXTENSION plpgsql ADD FUNCTION {{schema}}.tell();
