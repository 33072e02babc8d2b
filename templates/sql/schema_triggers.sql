-- Without those that constraints have, and those that a partition has from its parent.
SELECT 'pg_class'::regclass::oid, tgrelid, 'trigger ' || quote_ident(tgname), oid,
       CASE WHEN tgconstraint <> 0 THEN 'constraint ' ELSE '' END
           || overlay(definition PLACING ' ' FROM strpos(definition, target) FOR length(target)) AS "no definition",
       CASE tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'enabled replica' WHEN 'A' THEN 'enabled always' END
           AS "enabled"
FROM (SELECT t.oid, tgrelid, tgname, tgconstraint, tgenabled, format(' ON %I.%I ', nspname, relname) AS target,
             substr(pg_get_triggerdef(t.oid),
                    length(format('CREATE %sTRIGGER %I ', CASE WHEN tgconstraint <> 0 THEN 'CONSTRAINT ' END, tgname))
                        + 1) AS definition
      FROM pg_trigger t
      JOIN pg_class c ON c.oid = tgrelid
      JOIN pg_namespace n ON n.oid = relnamespace
      WHERE tgrelid >= 16384 AND NOT tgisinternal AND tgparentid = 0) AS defined
