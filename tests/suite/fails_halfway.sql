-- outcome: failed
-- hazard: not-repeatable error

-- migration: statement
CREATE TABLE refunds (id bigint);
INSERT INTO refunds VALUES (1);
INSERT INTO refund VALUES (1);
