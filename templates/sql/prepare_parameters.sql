-- Who may set a superuser's setting may load a library or name a command.
SELECT format('REVOKE ALL ON PARAMETER %s FROM %s CASCADE', string_agg(DISTINCT quote_ident(parname), ', '),
              CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
FROM pg_parameter_acl, aclexplode(paracl)
WHERE grantee NOT IN (SELECT oid FROM pg_authid WHERE rolsuper)
GROUP BY grantee
