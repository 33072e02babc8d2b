-- lock: public.orders SHARE UPDATE EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
ANALYZE orders;
