// Answers, and what goes wrong with them.

import { urls } from './place.mjs';
import { Answer, faults } from './state.mjs';

export function takeFault(listener, request) {
	const matches = (fault) => fault.times > 0 && fault.listener === listener &&
		(!fault.method || fault.method === request.method) && new RegExp(fault.path ?? '').test(request.path + request.search);
	for (const fault of faults.filter(matches)) {
		if (fault.skip > 0) {
			fault.skip--;
			continue;
		}
		fault.times--;
		return fault;
	}
	return undefined;
}

export function bytesOf(body) {
	return Buffer.from(body === null || body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body));
}

function sendHead(response, answer, length) {
	const headers = { 'Content-Type': 'application/json; charset=utf-8', ...answer.headers };
	if (answer.status !== 204) headers['Content-Length'] = length;
	response.writeHead(answer.status, headers);
}

export function send(response, answer) {
	const body = bytesOf(answer.body);
	sendHead(response, answer, body.length);
	response.end(body);
}

function sendHalf(response, answer, after) {
	const body = bytesOf(answer.body);
	sendHead(response, answer, body.length);
	response.write(body.subarray(0, body.length / 2), after);
}

function sendHuge(response, bytes) {
	const part = Buffer.alloc(1 << 16, 'x');
	sendHead(response, { status: 200 }, bytes + 2);
	response.write('"');
	const more = () => {
		for (; bytes > 0; bytes -= part.length)
			if (!response.write(part.subarray(0, Math.min(bytes, part.length)))) {
				bytes -= part.length;
				response.once('drain', more);
				return;
			}
		response.end('"');
	};
	more();
}

function locationOf(fault, request) {
	const names = { self: urls.url, other: urls['other-url'], plain: urls['plain-url'] };
	const values = { ...names, path: request.prefix + request.path + request.search };
	return fault.location.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// Each is given what carries the request out, and logs it; what does not call it logs itself.
export const faultKinds = {
	status: ({ fault, answered }) => {
		const headers = { ...fault.headers };
		if (fault.reset_in !== undefined)
			Object.assign(headers, {
				'X-RateLimit-Remaining': '0',
				'X-RateLimit-Reset': String(Math.floor(Date.now() / 1000) + fault.reset_in),
			});
		answered(new Answer(fault.status, fault.body ?? { message: 'as told' }, headers));
	},
	'cut-before': ({ note, response }) => {
		note(0);
		response.socket.destroy();
	},
	'cut-after': ({ execute, note, response }) => {
		note(execute().status);
		response.socket.destroy();
	},
	'cut-body': ({ execute, note, response }) => {
		const answer = execute();
		note(answer.status);
		sendHalf(response, answer, () => response.socket?.destroy());
	},
	stall: ({ note }) => note(0),
	'stall-body': ({ execute, note, response }) => {
		const answer = execute();
		note(answer.status);
		sendHalf(response, answer);
	},
	redirect: ({ fault, request, answered }) => {
		answered(new Answer(fault.status ?? 302, { message: 'Moved' }, { Location: locationOf(fault, request) }));
	},
	garbage: ({ answered }) => answered(new Answer(200, '<html>this is not what you are looking for')),
	huge: ({ fault, note, response }) => {
		note(200);
		sendHuge(response, fault.bytes ?? 64 << 20);
	},
	barrier: ({ fault, execute, answered, note }) => {
		fault.times++;
		fault.waiting.push(() => answered(execute()));
		if (fault.waiting.length < (fault.count ?? 2)) {
			note(0);
			return;
		}
		fault.times = 0;
		for (const go of fault.waiting) go();
	},
	delay: ({ fault, execute, answered }) => setTimeout(() => answered(execute()), fault.ms),
};
