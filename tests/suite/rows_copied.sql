-- no hazards

COPY settings (id, name, value) FROM stdin;
101	a;b	1
102	\N	2
\.
SELECT count(*) FROM settings;
