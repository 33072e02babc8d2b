-- outcome: failed
-- no hazards

CREATE TABLE refunds (id bigint);
INSERT INTO refund VALUES (1);
