#!/usr/bin/env node
// A stub of GitHub, Gitea and GitLab on the loopback, over real TLS, that can be told to fail.
//
//   node tests/support/forge.mjs DIR
//
// It makes in DIR a certificate authority for this run and, when it is ready, prints its URL. It ends on SIGTERM, with its
// parent, and when its stdin, if that is a pipe, is closed. What it writes into DIR:
//
//   ca.pem           trust this
//   url              https://127.0.0.1:PORT, written last. GitHub is at URL/api/v3, Gitea at URL/api/v1, GitLab at URL/api/v4
//   other-url        https://localhost:PORT, another host that a redirect may lead to: answers 200 and {} to everything
//   plain-url        http://127.0.0.1:PORT, the same without TLS
//   expired-url, misnamed-url   with a certificate of yesterday, and of another host
//   proxy-url        http://127.0.0.1:PORT, a CONNECT proxy to this very process
//   state.json       what is known by now, see below; replaced after every change
//   requests.jsonl   a line for each request, when it was answered (stalled or held: when that began):
//                    {"listener": "main"|"other"|"plain"|"expired"|"misnamed"|"proxy", "forge", "method", "path" (with
//                    the query, below the forge's prefix), "authorization": "none"|"right"|"wrong", "login", "body" (the
//                    JSON that was sent), "headers": [names], "status": 200, "fault": what was done of faults.json,
//                    "connection": 1 (counts), "problem": what was wrong with the request}
//
// What it reads from DIR, again at every request if it has changed; each key may be missing:
//
//   setup.json       {"tokens": {"TOKEN": {"login": "ci", "may": ["read", "comment", "status"], "app": false}},
//                     "pull_requests": {"github": {"acme/shop": {"12": "open"|"closed"|"merged"|"locked"}}, "gitlab": …},
//                     "projects": {"42": "acme/shop"},                      of GitLab, known by number too
//                     "comments": [{"forge", "repository", "number", "author", "body"}],   there to begin with
//                     "reset": 1,                another value than before: all comments and statuses are forgotten
//                     "page_size": 5,                                       at most, whatever is asked for
//                     "private": false}                                     nothing is read without a token
//                    Default: token "token-of-ci" of user ci, who may everything; pull requests 12 (open), 13 (merged) and
//                    14 (closed) of acme/shop on each forge. "app": the token of a GitHub App such as that of Actions,
//                    which cannot ask for its user; its login ends in [bot].
//   faults.json      [{"method": "POST", "path": "regular expression", "listener": "main", "skip": 0, "times": 1,
//                      "do": …}]: each is done to the next `times` requests that match, after `skip` of them.
//                    A new file is a new list. "do" is one of
//     status         answers "status" with "headers" and "body" (text or JSON); "reset_in": S adds X-RateLimit-Reset
//     cut-before     the connection is cut before the request is carried out
//     cut-after      … after it was carried out, without an answer
//     cut-body       … in the middle of the answer
//     stall          nothing is carried out, and nothing answered, ever
//     stall-body     carried out; half the answer comes, then nothing
//     redirect       answers "status" (302) with "location", in which {self}, {other}, {plain} are URLs, {path} the path
//     garbage        answers 200 and something that is not JSON
//     huge           answers 200 and "bytes" (64 MiB) of JSON
//     barrier        waits until "count" (2) requests wait here, then carries out all of them: for races
//     delay          carries it out after "ms"
//
// state.json: {"github": {"acme/shop": {"pull_requests": {"12": "open"},
//   "comments": {"12": [{"id", "author", "body", "created", "updated"}]},
//   "statuses": {"SHA": [{"state", "context", "description", "target_url", "creator"}]}}}, "gitea": …, "gitlab": …,
//   "created": 3, "deleted": 1} (comments ever made by requests, and removed)

import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { makeAuthority, makeCertificate } from './forge/certificates.mjs';
import { bytesOf, faultKinds, send, takeFault } from './forge/faults.mjs';
import { graphql, hubRoutes } from './forge/hub.mjs';
import { labRoutes } from './forge/lab.mjs';
import { file, replaceFile, urls } from './forge/place.mjs';
import { Answer, everything, reread, saveState, setup } from './forge/state.mjs';

// --- which request is that ---

const forges = {
	'/api/v3': ['github', hubRoutes],
	'/api/v1': ['gitea', hubRoutes],
	'/api/v4': ['gitlab', labRoutes],
	'/api': ['github', [['POST', /^\/graphql$/, graphql]]],
};
const prefixes = Object.keys(forges);

function checkRequest(request, headers) {
	if (!headers['user-agent']) throw new Answer(403, { message: 'Please make sure your request has a User-Agent header' });
	if (request.forge === 'github' && !/^application\/(vnd\.github\+)?json$/.test(headers.accept ?? ''))
		throw new Answer(415, { message: `Unsupported 'Accept' header: ${headers.accept}` });
	if (request.authorization === 'wrong')
		throw new Answer(401, { message: request.forge === 'gitlab' ? '401 Unauthorized' : 'Bad credentials' });
	if (request.text === '') return;
	if (!/^application\/json(;|$)/.test(headers['content-type'] ?? ''))
		throw new Answer(415, { message: `Content-Type is ${headers['content-type']}, not application/json` });
	try {
		request.json = JSON.parse(request.text);
	} catch {
		throw new Answer(400, { message: 'Problems parsing JSON' });
	}
}

function carryOut(request, headers) {
	try {
		checkRequest(request, headers);
		const route = request.routes.find(([, pattern]) => pattern.test(request.path));
		if (!route) throw new Answer(404, { message: 'Not Found' });
		const [methods, pattern, handle] = route;
		if (!methods.split(' ').includes(request.method)) throw new Answer(405, { message: 'Method Not Allowed' });
		const answer = handle(request, pattern.exec(request.path).slice(1));
		if (request.method !== 'GET') saveState();
		return answer;
	} catch (problem) {
		if (problem instanceof Answer) return problem;
		console.error(problem);
		return new Answer(500, { message: String(problem) });
	}
}

// Whose token it is: as a header says that each of the three takes, or as PRIVATE-TOKEN of GitLab's.
function whose(request, headers) {
	const bearer = /^(?:bearer|token) (.+)$/i.exec(headers.authorization ?? '')?.[1];
	const token = bearer ?? (request.forge === 'gitlab' ? headers['private-token'] : undefined);
	request.authorization = token === undefined && !headers.authorization ? 'none' : 'wrong';
	if (token !== undefined && Object.hasOwn(setup.tokens, token)) {
		request.user = { may: everything, ...setup.tokens[token] };
		request.authorization = 'right';
	}
}

// --- connections ---

const connections = new WeakMap();
let connectionCount = 0;

function log(listener, request, incoming, status, fault, problem) {
	const line = {
		listener, forge: request.forge, method: incoming.method, path: request.path + (request.search ?? ''),
		authorization: request.authorization, login: request.user?.login, body: request.json ?? (request.text || undefined),
		headers: Object.keys(incoming.headers), status, fault, connection: connections.get(incoming.socket), problem,
	};
	fs.appendFileSync(file('requests.jsonl'), JSON.stringify(line) + '\n');
}

function understand(incoming, text) {
	const url = new URL(incoming.url, urls.url);
	const prefix = prefixes.find((one) => url.pathname.startsWith(one + '/')) ?? '';
	const [forge, routes] = forges[prefix] ?? [undefined, []];
	const request = {
		forge, routes, prefix, text, method: incoming.method, self: urls.url,
		path: url.pathname.slice(prefix.length), search: url.search, query: url.searchParams,
	};
	whose(request, incoming.headers);
	return request;
}

function serve(listener, incoming, response, text) {
	reread();
	const request = understand(incoming, text);
	const fault = takeFault(listener, request);
	const note = (status, problem) => log(listener, request, incoming, status, fault?.do, problem);
	const execute = () => (listener === 'main' ? carryOut(request, incoming.headers) : new Answer(200, {}));
	const answered = (answer) => {
		note(answer.status, answer.status >= 400 && !fault ? bytesOf(answer.body).toString() : undefined);
		send(response, answer);
	};
	if (fault) faultKinds[fault.do]({ fault, request, response, note, execute, answered });
	else answered(execute());
}

function handler(listener) {
	return (incoming, response) => {
		const parts = [];
		if (!connections.has(incoming.socket)) connections.set(incoming.socket, ++connectionCount);
		incoming.on('data', (part) => parts.push(part));
		incoming.on('end', () => serve(listener, incoming, response, Buffer.concat(parts).toString()));
		incoming.on('error', () => {});
		response.on('error', () => {});
	};
}

function connectProxy(incoming, client, head) {
	const [, port] = /:(\d+)$/.exec(incoming.url) ?? [];
	const known = Object.values(urls).some((url) => url.endsWith(`:${port}`));
	log('proxy', { path: incoming.url }, incoming, known ? 200 : 403);
	client.on('error', () => {});
	if (!known) {
		client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
		return;
	}
	const server = net.connect(Number(port), '127.0.0.1', () => {
		client.write('HTTP/1.1 200 Connection established\r\n\r\n');
		server.write(head);
		server.pipe(client);
		client.pipe(server);
	});
	server.on('error', () => client.destroy());
	client.on('close', () => server.destroy());
	server.on('close', () => client.destroy());
}

// Below the ports that systems give to connections, of which one might be taken while a server is about to start.
const somePort = () => 20000 + Math.floor(Math.random() * 12000);

function listen(name, server, scheme, host) {
	server.keepAliveTimeout = 60000;
	server.on('clientError', (_, socket) => socket.destroy());
	return new Promise((resolve, reject) => {
		const open = () => server.listen(somePort(), '127.0.0.1');
		server.on('error', (problem) => (problem.code === 'EADDRINUSE' ? open() : reject(problem)));
		server.on('listening', () => {
			urls[name] = `${scheme}://${host}:${server.address().port}`;
			resolve();
		});
		open();
	});
}

function endWithParent() {
	const end = () => process.exit(0);
	process.on('SIGTERM', end);
	const parent = process.ppid;
	setInterval(() => process.ppid === parent || end(), 500);
	if (fs.fstatSync(0).isFIFO()) process.stdin.on('end', end).resume();
}

endWithParent();
makeAuthority();
const good = makeCertificate('server', 'IP:127.0.0.1,DNS:localhost', 2);
reread();
fs.writeFileSync(file('requests.jsonl'), '');
await Promise.all([
	listen('url', https.createServer(good, handler('main')), 'https', '127.0.0.1'),
	listen('other-url', https.createServer(good, handler('other')), 'https', 'localhost'),
	listen('plain-url', http.createServer(handler('plain')), 'http', '127.0.0.1'),
	listen('expired-url', https.createServer(makeCertificate('expired', 'IP:127.0.0.1', -1), handler('expired')), 'https', '127.0.0.1'),
	listen('misnamed-url', https.createServer(makeCertificate('misnamed', 'DNS:elsewhere.example', 2), handler('misnamed')), 'https', '127.0.0.1'),
	listen('proxy-url', http.createServer(handler('proxy')).on('connect', connectProxy), 'http', '127.0.0.1'),
]);
for (const [name, url] of Object.entries(urls)) if (name !== 'url') replaceFile(name, url + '\n');
replaceFile('url', urls.url + '\n');
console.log(urls.url);
