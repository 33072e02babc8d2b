-- lock: public.orders ACCESS EXCLUSIVE
-- hazard: constraint-scan error

SET lock_timeout = '2s';
ALTER TABLE orders ADD CONSTRAINT code_known CHECK (search_key(code) <> '');
