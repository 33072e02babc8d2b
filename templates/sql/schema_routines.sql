-- A routine is known by its name and the types of its arguments.
SELECT 'pg_proc'::regclass::oid, p.oid,
       CASE prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END
           || format(' %I.%I(%s)', nspname, proname, oidvectortypes(proargtypes)),
       nspname, NULL,
       'arguments ' || nullif(pg_get_function_arguments(p.oid), oidvectortypes(proargtypes)) AS "unnamed arguments",
       'returns ' || pg_get_function_result(p.oid) AS "returns nothing",
       'language ' || CASE WHEN prokind <> 'a' THEN quote_ident(lanname) END AS "no language",
       CASE provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' END AS "volatile",
       CASE WHEN proisstrict THEN 'strict' END AS "called on null input",
       CASE WHEN prosecdef THEN 'security definer' END AS "security invoker",
       CASE WHEN proleakproof THEN 'leakproof' END AS "not leakproof",
       CASE proparallel WHEN 's' THEN 'parallel safe' WHEN 'r' THEN 'parallel restricted' END AS "parallel unsafe",
       CASE prokind WHEN 'w' THEN 'window' END AS "no window function",
       CASE WHEN procost <> CASE WHEN lanname IN ('c', 'internal') THEN 1 ELSE 100 END
            THEN 'cost ' || procost END AS "default cost",
       CASE WHEN proretset AND prorows <> 1000 THEN 'rows ' || prorows END AS "default rows",
       'support ' || nullif(prosupport, 0)::regprocedure AS "no support function",
       'transform ' || (SELECT string_agg(format_type(type, NULL), ', ') FROM unnest(protrftypes) AS type)
            AS "no transforms",
       'set ' || array_to_string(proconfig, ', ') AS "no settings",
       'library ' || quote_literal(probin) AS "no library",
       (SELECT concat_ws(', ', 'state ' || format_type(aggtranstype, NULL),
                         'function ' || aggtransfn::oid::regprocedure,
                         'final ' || nullif(aggfinalfn, 0)::oid::regprocedure,
                         'combine ' || nullif(aggcombinefn, 0)::oid::regprocedure,
                         'serialize ' || nullif(aggserialfn, 0)::oid::regprocedure,
                         'deserialize ' || nullif(aggdeserialfn, 0)::oid::regprocedure,
                         'moving ' || nullif(aggmtransfn, 0)::oid::regprocedure,
                         'inverse ' || nullif(aggminvtransfn, 0)::oid::regprocedure,
                         'moving final ' || nullif(aggmfinalfn, 0)::oid::regprocedure,
                         'moving state ' || format_type(nullif(aggmtranstype, 0), NULL),
                         'sort operator ' || nullif(aggsortop, 0)::regoperator,
                         'initial ' || quote_literal(agginitval), 'moving initial ' || quote_literal(aggminitval),
                         'space ' || nullif(aggtransspace, 0), 'kind ' || nullif(aggkind, 'n')::text,
                         'modify ' || aggfinalmodify::text || aggmfinalmodify::text,
                         CASE WHEN aggfinalextra THEN 'final extra' END,
                         CASE WHEN aggmfinalextra THEN 'moving final extra' END)
        FROM pg_aggregate
        WHERE aggfnoid = p.oid) AS "no aggregate",
       CASE WHEN proowner <> datdba THEN 'owned by ' || quote_ident(pg_get_userbyid(proowner)) END
            AS "owned by the database's owner"
FROM pg_proc p
JOIN pg_namespace n ON n.oid = pronamespace
JOIN pg_language l ON l.oid = prolang
JOIN pg_database ON datname = current_database()
WHERE p.oid >= 16384 AND nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype IN ('e', 'i'))
