SELECT 'pg_class'::regclass::oid, stxrelid, format('statistics %I.%I', nspname, stxname), s.oid,
       substr(pg_get_statisticsobjdef(s.oid), length(format('CREATE STATISTICS %I.%I ', nspname, stxname)) + 1)
           AS "no definition",
       'target ' || nullif(stxstattarget, -1) AS "default target",
       CASE WHEN stxowner <> datdba THEN 'owned by ' || quote_ident(pg_get_userbyid(stxowner)) END
            AS "owned by the database's owner"
FROM pg_statistic_ext s
JOIN pg_namespace n ON n.oid = stxnamespace
JOIN pg_database ON datname = current_database()
