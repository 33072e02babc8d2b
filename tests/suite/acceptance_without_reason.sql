-- lock: public.orders ACCESS EXCLUSIVE
-- hazard: rename warning
-- hazard: invalid-ignore warning

SET lock_timeout = '2s';
-- vela:ignore rename
ALTER TABLE orders RENAME TO purchases;
