-- lock: public.orders ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN seen_at timestamptz NOT NULL DEFAULT now();
