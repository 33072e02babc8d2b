// A certificate authority for one run, and what it signs.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { file } from './place.mjs';

function openssl(...args) {
	execFileSync('openssl', args, { cwd: file('.'), stdio: ['ignore', 'ignore', 'pipe'] });
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export function makeAuthority() {
	openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=test authority', '-days', '2');
}

export function makeCertificate(name, names, days) {
	fs.writeFileSync(file(`${name}.ext`), `subjectAltName=${names}\n`);
	openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
	openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial',
		'-out', `${name}.pem`, '-days', String(days), '-extfile', `${name}.ext`);
	return { key: fs.readFileSync(file(`${name}.key`)), cert: fs.readFileSync(file(`${name}.pem`)) };
}
