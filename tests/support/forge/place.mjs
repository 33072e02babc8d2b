// Where the stub writes and reads, and where it is to be found.

import fs from 'node:fs';
import path from 'node:path';

const directory = process.argv[2];
if (!directory) {
	console.error('usage: node tests/support/forge.mjs DIR');
	process.exit(2);
}
fs.mkdirSync(directory, { recursive: true });

export const file = (name) => path.join(directory, name);

export function replaceFile(name, text) {
	fs.writeFileSync(file(name + '.new'), text);
	fs.renameSync(file(name + '.new'), file(name));
}

// Of each listener, once it listens.
export const urls = {};
