SELECT 'pg_class'::regclass::oid, polrelid, 'policy ' || quote_ident(polname), oid,
       CASE WHEN NOT polpermissive THEN 'as restrictive' END AS "as permissive",
       'for ' || CASE polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update'
                             WHEN 'd' THEN 'delete' END AS "for all",
       'to ' || (SELECT string_agg(CASE role WHEN 0 THEN 'public' ELSE quote_ident(pg_get_userbyid(role)) END, ', '
                                   ORDER BY pg_get_userbyid(role))
                 FROM unnest(polroles) AS role) AS "to public",
       'using (' || pg_get_expr(polqual, polrelid) || ')' AS "no using",
       'with check (' || pg_get_expr(polwithcheck, polrelid) || ')' AS "no check"
FROM pg_policy
