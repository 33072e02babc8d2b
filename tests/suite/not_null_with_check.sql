-- lock: public.orders ACCESS EXCLUSIVE
-- hazard: constraint-scan error

SET lock_timeout = '2s';
ALTER TABLE orders ALTER COLUMN code SET NOT NULL, ADD CHECK (search_key(code) <> '');
