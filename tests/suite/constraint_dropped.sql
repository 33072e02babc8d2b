-- lock: public.invoices ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
ALTER TABLE invoices DROP CONSTRAINT invoices_pkey;
