-- lock: public.orders ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON orders USING (true);
