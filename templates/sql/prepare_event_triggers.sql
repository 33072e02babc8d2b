-- First of all in a database: they would run with our rights. Those of an extension are part of how it works, as long
-- as no plain role can rewrite their function; the two roles named here are about to be plain ones.
SELECT format('ALTER EVENT TRIGGER %I DISABLE', evtname)
FROM pg_event_trigger t
JOIN pg_proc ON pg_proc.oid = evtfoid
JOIN pg_authid owner ON owner.oid = proowner
WHERE evtenabled <> 'D'
  AND NOT (rolsuper AND rolname NOT IN ({{role}}, {{heir}})
           AND EXISTS (SELECT FROM pg_depend
                       WHERE classid = 'pg_event_trigger'::regclass AND objid = t.oid AND deptype = 'e'))
