-- no hazards

SET lock_timeout = '2s';
CREATE TABLE refunds (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id bigint NOT NULL, at timestamptz DEFAULT now());
CREATE INDEX ON refunds (order_id);
COMMENT ON TABLE refunds IS 'money that went back';
ALTER TABLE refunds ADD COLUMN reason text;
ALTER TABLE refunds ALTER COLUMN reason TYPE varchar(30);
ALTER TABLE refunds RENAME COLUMN reason TO why;
