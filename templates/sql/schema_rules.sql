SELECT 'pg_class'::regclass::oid, ev_class, 'rule ' || quote_ident(rulename), oid,
       btrim(regexp_replace(substr(pg_get_ruledef(oid), length(format('CREATE RULE %I AS', rulename)) + 1),
                            '\n *', ' ', 'g')) AS "no definition",
       CASE ev_enabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'enabled replica' WHEN 'A' THEN 'enabled always' END
           AS "enabled"
FROM pg_rewrite
WHERE ev_class >= 16384 AND rulename <> '_RETURN'
