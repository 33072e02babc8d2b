-- no hazards

SET lock_timeout = '2s';
GRANT SELECT ON orders, customers TO PUBLIC;
REVOKE SELECT ON orders FROM PUBLIC;
