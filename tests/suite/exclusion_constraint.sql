-- lock: public.orders ACCESS EXCLUSIVE
-- hazard: blocking-index-build error

SET lock_timeout = '2s';
ALTER TABLE orders ADD CONSTRAINT one_word EXCLUDE USING btree (search_key(code) WITH =);
