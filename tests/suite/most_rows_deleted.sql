-- hazard: data-loss warning

DELETE FROM customers WHERE id > 100;
