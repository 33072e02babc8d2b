-- lock: public.orders ACCESS EXCLUSIVE
-- hazard: blocking-lock error

SET lock_timeout = '2s';
DO $$ BEGIN
	ALTER TABLE orders ADD COLUMN word text;
	UPDATE orders SET word = search_key(code);
END $$;
