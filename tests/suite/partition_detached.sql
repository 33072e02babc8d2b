-- lock: public.visits ACCESS EXCLUSIVE
-- lock: public.visits_1 ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
ALTER TABLE visits DETACH PARTITION visits_1;
