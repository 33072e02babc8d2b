-- no hazards

UPDATE customers SET country = 'fi';
