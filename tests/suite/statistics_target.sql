-- lock: public.orders SHARE UPDATE EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
ALTER TABLE orders ALTER COLUMN total SET STATISTICS 500;
ALTER TABLE orders SET (autovacuum_vacuum_scale_factor = 0.01);
