-- lock: public.open_orders ACCESS EXCLUSIVE
-- no hazards

ALTER VIEW open_orders RENAME TO new_orders;
