-- lock: public.visits SHARE UPDATE EXCLUSIVE
-- lock: public.visits_2 ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
ALTER TABLE visits_2 ADD CONSTRAINT of_part_2 CHECK (id >= 10001 AND id < 20001) NOT VALID;
-- migration: file
ALTER TABLE visits_2 VALIDATE CONSTRAINT of_part_2;
-- migration: file
SET lock_timeout = '2s';
ALTER TABLE visits ATTACH PARTITION visits_2 FOR VALUES FROM (10001) TO (20001);
