-- Nobody is a member of what leads out of the database: superusers, and the roles that reach files, programs and
-- other servers. Nobody is a member of the role that branches log in as, either: it must be able to join every owner.
SELECT format('REVOKE %I FROM %I%s CASCADE', granted.rolname, member.rolname,
              CASE WHEN current_setting('server_version_num')::int >= 160000
                   THEN format(' GRANTED BY %I', grantor.rolname) END)
FROM pg_auth_members m
JOIN pg_authid granted ON granted.oid = m.roleid
JOIN pg_authid member ON member.oid = m.member
LEFT JOIN pg_authid grantor ON grantor.oid = m.grantor
WHERE NOT member.rolsuper
  AND (granted.rolsuper
       OR granted.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files',
                              'pg_create_subscription', {{role}}))
