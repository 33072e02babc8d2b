-- lock: public.customers ACCESS EXCLUSIVE
-- hazard: data-loss error

SET lock_timeout = '2s';
DO $$ BEGIN
	EXECUTE 'DROP TABLE customers';
END $$;
