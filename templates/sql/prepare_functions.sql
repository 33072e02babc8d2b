-- Functions that PostgreSQL or an extension withholds from the public (files, programs, other servers) are withheld
-- from every plain role again.
SELECT format('REVOKE ALL ON ROUTINE %s FROM %s CASCADE', p.oid::regprocedure,
              CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
FROM pg_proc p
JOIN pg_init_privs i ON i.classoid = 'pg_proc'::regclass AND i.objoid = p.oid AND i.objsubid = 0,
     aclexplode(proacl)
WHERE grantee NOT IN (SELECT oid FROM pg_authid WHERE rolsuper)
  AND grantee NOT IN (SELECT initial.grantee FROM aclexplode(initprivs) initial)
