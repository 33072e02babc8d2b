-- lock: public.visits ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
CREATE TABLE visits_3 PARTITION OF visits FOR VALUES FROM (20001) TO (30001);
