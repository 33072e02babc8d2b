// What there is on the forges, and what the tests told: setup.json, faults.json, state.json.

import fs from 'node:fs';
import { file, replaceFile } from './place.mjs';

// --- what the tests tell ---

export const everything = ['read', 'comment', 'status'];
const usualPullRequests = { 'acme/shop': { 12: 'open', 13: 'merged', 14: 'closed' } };
const usual = {
	tokens: { 'token-of-ci': { login: 'ci', may: everything } },
	pull_requests: { github: usualPullRequests, gitea: usualPullRequests, gitlab: usualPullRequests },
	projects: { 42: 'acme/shop' },
	comments: [],
	page_size: 5,
	private: false,
};

function watched(name, fallback) {
	let seen = '';
	return (use) => {
		let stamp = 'none';
		try {
			const stat = fs.statSync(file(name), { bigint: true });
			stamp = `${stat.ino} ${stat.mtimeNs} ${stat.size}`;
		} catch {}
		if (stamp === seen) return;
		seen = stamp;
		use(stamp === 'none' ? fallback : JSON.parse(fs.readFileSync(file(name), 'utf8')));
	};
}

export const state = { github: {}, gitea: {}, gitlab: {}, created: 0, deleted: 0 };
export let setup = { ...usual, reset: NaN };
export let faults = [];
const readSetup = watched('setup.json', {});
const readFaults = watched('faults.json', []);

export function repositoryOf(forge, name) {
	return (state[forge][name] ??= { pull_requests: {}, comments: {}, statuses: {} });
}

export function saveState() {
	replaceFile('state.json', JSON.stringify(state, null, '\t') + '\n');
}

function forget() {
	Object.assign(state, { github: {}, gitea: {}, gitlab: {}, created: 0, deleted: 0 });
	for (const { forge, repository, number, author, body } of setup.comments) makeComment(forge, repository, number, author, body);
}

export function reread() {
	readSetup((value) => {
		const fresh = value.reset !== setup.reset;
		setup = { ...usual, ...value };
		if (fresh) forget();
		for (const forge of ['github', 'gitea', 'gitlab'])
			for (const [name, pulls] of Object.entries(setup.pull_requests[forge] ?? {}))
				repositoryOf(forge, name).pull_requests = { ...pulls };
		saveState();
	});
	readFaults((value) => {
		faults = value.map((fault) => ({ listener: 'main', skip: 0, times: 1, ...fault, waiting: [] }));
	});
}

// --- what there is: comments, statuses, pull requests ---

export class Answer extends Error {
	constructor(status, body, headers = {}) {
		super(`${status}`);
		Object.assign(this, { status, body, headers });
	}
}

let clock = Date.parse('2026-01-31T09:00:00Z');
let lastId = 1000;

export function makeComment(forge, name, number, author, body) {
	clock += 1000;
	const at = new Date(clock).toISOString();
	const comment = { id: ++lastId, author, body, created: at, updated: at };
	(repositoryOf(forge, name).comments[number] ??= []).push(comment);
	return comment;
}

export function findComment(forge, name, id, number) {
	for (const [of, comments] of Object.entries(repositoryOf(forge, name).comments)) {
		const index = comments.findIndex((comment) => comment.id === Number(id));
		if (index >= 0 && (number === undefined || number === of)) return { comments, index, number: of };
	}
	throw new Answer(404, { message: 'Not Found' });
}

export function need(request, right) {
	const { user, forge } = request;
	if (!user && (right !== 'read' || setup.private))
		throw new Answer(401, { message: forge === 'gitlab' ? '401 Unauthorized' : 'Requires authentication' });
	if (!user || user.may.includes(right)) return;
	if (right === 'read') throw new Answer(404, { message: 'Not Found' });
	throw new Answer(403, {
		message: forge === 'gitlab' ? '403 Forbidden'
			: user.app ? 'Resource not accessible by integration' : 'Must have write access',
	});
}

export function pullState(request, name, number) {
	const known = state[request.forge][name]?.pull_requests[number];
	if (!known) throw new Answer(404, { message: request.forge === 'gitlab' ? '404 Not found' : 'Not Found' });
	return known;
}

export function checkBody(request) {
	const body = request.json?.body;
	if (typeof body !== 'string' || body === '') throw new Answer(422, { message: 'Validation Failed: body is missing' });
	const most = request.forge === 'gitlab' ? 1000000 : 65536;
	if ([...body].length <= most) return body;
	throw new Answer(422, {
		message: 'Validation Failed',
		errors: [{ resource: 'IssueComment', code: 'unprocessable', field: 'data', message: `body is too long (maximum is ${most} characters)` }],
	});
}

export function paged(request, items) {
	const most = setup.page_size;
	const size = Math.min(Number(request.query.get('per_page') ?? 30), most);
	const page = Number(request.query.get('page') ?? 1);
	if (!(size >= 1) || !(page >= 1)) throw new Answer(400, { message: 'per_page and page begin at 1' });
	const last = Math.max(1, Math.ceil(items.length / size));
	const headers = {};
	const link = (to, rel) => {
		const query = new URLSearchParams(request.query);
		query.set('page', to);
		return `<${request.self}${request.prefix}${request.path}?${query}>; rel="${rel}"`;
	};
	if (page < last) headers.Link = `${link(page + 1, 'next')}, ${link(last, 'last')}`;
	else if (page > 1) headers.Link = `${link(1, 'first')}, ${link(page - 1, 'prev')}`;
	if (request.forge === 'gitlab') headers['X-Next-Page'] = page < last ? String(page + 1) : '';
	return new Answer(200, items.slice((page - 1) * size, page * size), headers);
}

// What becomes of a comment; null once it is removed.
export function changeComment(request, found) {
	const comment = found.comments[found.index];
	if (request.method === 'DELETE') {
		found.comments.splice(found.index, 1);
		state.deleted++;
		return null;
	}
	comment.body = checkBody(request);
	clock += 1000;
	comment.updated = new Date(clock).toISOString();
	return comment;
}

export function addStatus(request, name, sha, states, contextKey, longest) {
	need(request, 'status');
	if (!state[request.forge][name]) throw new Answer(404, { message: 'Not Found' });
	const { state: value, description = '', target_url = null } = request.json ?? {};
	if (!states.includes(value)) throw new Answer(422, { message: `Validation Failed: state ${value}` });
	if ([...description].length > longest) throw new Answer(422, { message: 'description is too long' });
	const list = (repositoryOf(request.forge, name).statuses[sha] ??= []);
	const context = request.json[contextKey] ?? 'default';
	const status = { state: value, context, description, target_url, creator: request.user.login };
	const last = list.findLast((one) => one.context === context);
	if (request.forge === 'gitlab' && last?.state === value && ['pending', 'running'].includes(value)) {
		throw new Answer(400, {
			message: `Cannot transition status via :enqueue from :${value} (Reason(s): Status cannot transition via "enqueue")`,
		});
	}
	list.push(status);
	return new Answer(201, { id: list.length, ...status });
}

export const userId = (login) => [...login].reduce((sum, c) => (sum * 31 + c.codePointAt(0)) % 1000003, 7);
