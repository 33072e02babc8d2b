-- may lock: public.orders SHARE UPDATE EXCLUSIVE
-- no hazards

-- migration: statement
VACUUM orders;
