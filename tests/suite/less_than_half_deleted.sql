-- no hazards

DELETE FROM customers WHERE id <= 9000;
