-- lock: public.events SHARE UPDATE EXCLUSIVE
-- no hazards

-- migration: statement
REINDEX INDEX CONCURRENTLY events_code;
