-- lock: public.orders ACCESS EXCLUSIVE
-- hazard: constraint-scan error
-- hazard: rename warning

SET lock_timeout = '2s';
ALTER TABLE orders RENAME TO purchases;
ALTER TABLE purchases ADD CONSTRAINT code_known CHECK (search_key(code) <> '');
