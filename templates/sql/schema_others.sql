-- What has no parts of its own, or few: by name and in short. Options of foreign servers may hold secrets.
WITH thing (class, id, definition, owner) AS (
    SELECT 'pg_extension'::regclass, e.oid, format('version %s, schema %I', extversion, nspname), NULL::oid
    FROM pg_extension e
    JOIN pg_namespace ON pg_namespace.oid = extnamespace
    UNION ALL
    SELECT 'pg_event_trigger'::regclass, oid,
           format('on %s%s execute %s%s', evtevent,
                  ' when tag in (' || (SELECT string_agg(quote_literal(tag), ', ' ORDER BY tag)
                                       FROM unnest(evttags) AS tag) || ')',
                  evtfoid::regprocedure,
                  CASE evtenabled WHEN 'D' THEN ', disabled' WHEN 'R' THEN ', enabled replica'
                                  WHEN 'A' THEN ', enabled always' END), evtowner
    FROM pg_event_trigger
    UNION ALL
    SELECT 'pg_publication'::regclass, oid,
           concat_ws(', ', CASE WHEN puballtables THEN 'all tables' END, CASE WHEN pubinsert THEN 'insert' END,
                     CASE WHEN pubupdate THEN 'update' END, CASE WHEN pubdelete THEN 'delete' END,
                     CASE WHEN pubtruncate THEN 'truncate' END, CASE WHEN pubviaroot THEN 'via root' END), pubowner
    FROM pg_publication
    UNION ALL
    SELECT 'pg_collation'::regclass, oid,
           (to_jsonb(c) - ARRAY['oid', 'collname', 'collnamespace', 'collowner', 'collversion'])::text, collowner
    FROM pg_collation c
    UNION ALL
    SELECT 'pg_cast'::regclass, oid,
           format('%s, %s', CASE castmethod WHEN 'f' THEN castfunc::regprocedure::text WHEN 'i' THEN 'inout'
                                            ELSE 'without function' END,
                  CASE castcontext WHEN 'i' THEN 'implicit' WHEN 'a' THEN 'assignment' ELSE 'explicit' END), NULL
    FROM pg_cast
    UNION ALL
    SELECT 'pg_operator'::regclass, oid,
           concat_ws(', ', 'function ' || oprcode::oid::regprocedure, 'commutator ' || nullif(oprcom, 0)::regoperator,
                     'negator ' || nullif(oprnegate, 0)::regoperator,
                     'restrict ' || nullif(oprrest, 0)::oid::regprocedure,
                     'join ' || nullif(oprjoin, 0)::oid::regprocedure, CASE WHEN oprcanhash THEN 'hashes' END,
                     CASE WHEN oprcanmerge THEN 'merges' END), oprowner
    FROM pg_operator
    UNION ALL
    SELECT 'pg_opfamily'::regclass, oid,
           (SELECT string_agg(member, ', ' ORDER BY member)
            FROM (SELECT format('operator %s %s', amopstrategy, amopopr::regoperator) AS member
                  FROM pg_amop
                  WHERE amopfamily = f.oid
                  UNION ALL
                  SELECT format('function %s %s', amprocnum, amproc::oid::regprocedure)
                  FROM pg_amproc
                  WHERE amprocfamily = f.oid) AS members), opfowner
    FROM pg_opfamily f
    WHERE oid >= 16384
    UNION ALL
    SELECT 'pg_opclass'::regclass, oid,
           concat_ws(', ', CASE WHEN opcdefault THEN 'default' END, 'for ' || format_type(opcintype, NULL),
                     'storage ' || format_type(nullif(opckeytype, 0), NULL)), opcowner
    FROM pg_opclass
    UNION ALL
    SELECT 'pg_conversion'::regclass, oid, conproc::oid::regprocedure::text, conowner
    FROM pg_conversion
    UNION ALL
    SELECT 'pg_ts_config'::regclass, c.oid,
           (SELECT string_agg(format('%s: %s', maptokentype, dictionaries), ', ' ORDER BY maptokentype)
            FROM (SELECT maptokentype, string_agg(mapdict::regdictionary::text, ' ' ORDER BY mapseqno) AS dictionaries
                  FROM pg_ts_config_map
                  WHERE mapcfg = c.oid
                  GROUP BY maptokentype) AS mappings), cfgowner
    FROM pg_ts_config c
    WHERE oid >= 16384
    UNION ALL
    SELECT 'pg_ts_dict'::regclass, oid,
           concat_ws(', ', (pg_identify_object('pg_ts_template'::regclass, dicttemplate, 0)).identity, dictinitoption),
           dictowner
    FROM pg_ts_dict
    WHERE oid >= 16384
    UNION ALL
    SELECT 'pg_ts_parser'::regclass, oid, NULL, NULL
    FROM pg_ts_parser
    UNION ALL
    SELECT 'pg_ts_template'::regclass, oid, NULL, NULL
    FROM pg_ts_template
    UNION ALL
    SELECT 'pg_language'::regclass, oid, CASE WHEN lanpltrusted THEN 'trusted' END, lanowner
    FROM pg_language
    UNION ALL
    SELECT 'pg_transform'::regclass, oid, NULL, NULL
    FROM pg_transform
    UNION ALL
    SELECT 'pg_am'::regclass, oid, amhandler::oid::regprocedure::text, NULL
    FROM pg_am
    UNION ALL
    SELECT 'pg_foreign_data_wrapper'::regclass, oid, NULL, fdwowner
    FROM pg_foreign_data_wrapper
    UNION ALL
    SELECT 'pg_foreign_server'::regclass, s.oid, format('foreign data wrapper %I', fdwname), srvowner
    FROM pg_foreign_server s
    JOIN pg_foreign_data_wrapper ON pg_foreign_data_wrapper.oid = srvfdw
)
SELECT class::oid, id, format('%s %s', type, identity), schema, NULL,
       nullif(definition, '') AS "nothing",
       CASE WHEN owner <> datdba THEN 'owned by ' || quote_ident(pg_get_userbyid(owner)) END
            AS "owned by the database's owner"
FROM thing
JOIN pg_database ON datname = current_database(), pg_identify_object(class, id, 0)
WHERE id >= 16384 AND type IS NOT NULL
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = class AND objid = id AND deptype IN ('e', 'i'))
UNION ALL
SELECT 'pg_database'::regclass::oid, oid, 'database', NULL, NULL, NULL, NULL
FROM pg_database
WHERE datname = current_database()
UNION ALL
SELECT 'pg_default_acl'::regclass::oid, a.oid,
       format('default privileges of %I%s on %s', pg_get_userbyid(defaclrole), ' in schema ' || quote_ident(nspname),
              CASE defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
                                 WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END),
       nspname, NULL, NULL, NULL
FROM pg_default_acl a
LEFT JOIN pg_namespace n ON n.oid = defaclnamespace
