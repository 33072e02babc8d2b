-- First of all in a database: they would run with our rights. Those of an extension are part of how it works.
SELECT format('ALTER EVENT TRIGGER %I DISABLE', evtname)
FROM pg_event_trigger t
WHERE evtenabled <> 'D'
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_event_trigger'::regclass AND objid = t.oid AND deptype = 'e')
