-- no hazards

SET lock_timeout = '2s';
CREATE SCHEMA reports;
CREATE SEQUENCE reports.numbers;
CREATE DOMAIN reports.money AS numeric CHECK (VALUE >= 0);
