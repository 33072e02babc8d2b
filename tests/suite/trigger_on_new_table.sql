-- no hazards

SET lock_timeout = '2s';
CREATE TABLE refunds (id bigint PRIMARY KEY, code text);
CREATE TRIGGER check_refund AFTER INSERT ON refunds FOR EACH ROW EXECUTE FUNCTION check_invoice();
