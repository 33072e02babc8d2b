-- no hazards

SET lock_timeout = '2s';
ALTER INDEX orders_customer RENAME TO orders_by_customer;
