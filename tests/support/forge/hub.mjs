// GitHub and Gitea.

import { Answer, addStatus, changeComment, checkBody, findComment, makeComment, need, paged, pullState, repositoryOf, state, userId } from './state.mjs';

const webUrl = (request, name, number, id) => `${request.self}/${name}/pull/${number}#issuecomment-${id}`;

function showHubUser(request, login) {
	const user = { login, id: userId(login) };
	if (request.forge === 'github') user.type = login.endsWith('[bot]') ? 'Bot' : 'User';
	return user;
}

function showHubComment(request, name, number, comment) {
	return {
		id: comment.id, body: comment.body, user: showHubUser(request, comment.author), created_at: comment.created,
		updated_at: comment.updated, html_url: webUrl(request, name, number, comment.id),
	};
}

function hubUser(request) {
	if (!request.user) throw new Answer(401, { message: 'Requires authentication' });
	if (request.user.app) throw new Answer(403, { message: 'Resource not accessible by integration' });
	return new Answer(200, showHubUser(request, request.user.login));
}

function hubComments(request, [name, number]) {
	need(request, request.method === 'GET' ? 'read' : 'comment');
	pullState(request, name, number);
	const comments = repositoryOf(request.forge, name).comments[number] ?? [];
	const show = (comment) => showHubComment(request, name, number, comment);
	if (request.method === 'GET')
		return request.forge === 'gitea' ? new Answer(200, comments.map(show)) : paged(request, comments.map(show));
	const comment = makeComment(request.forge, name, number, request.user.login, checkBody(request));
	state.created++;
	return new Answer(201, show(comment));
}

function hubComment(request, [name, id]) {
	need(request, 'comment');
	const found = findComment(request.forge, name, id);
	const comment = changeComment(request, found);
	return comment ? new Answer(200, showHubComment(request, name, found.number, comment)) : new Answer(204, null);
}

const hubStatus = (request, [name, sha]) =>
	addStatus(request, name, sha, ['pending', 'success', 'failure', 'error'], 'context', 140);

function hubPull(request, [name, number]) {
	need(request, 'read');
	const known = pullState(request, name, number);
	return new Answer(200, {
		number: Number(number), state: known === 'open' || known === 'locked' ? 'open' : 'closed', merged: known === 'merged',
		locked: known === 'locked', html_url: `${request.self}/${name}/pull/${number}`,
	});
}

export function graphql(request) {
	if (!request.user) throw new Answer(401, { message: 'Requires authentication' });
	if (!/^\s*(query\s*)?\{\s*viewer\s*\{\s*login\s*\}\s*\}\s*$/.test(request.json?.query ?? ''))
		return new Answer(200, { errors: [{ message: 'only the viewer can be asked for here' }] });
	return new Answer(200, { data: { viewer: { login: request.user.login } } });
}

export const hubRoutes = [
	['GET', /^\/user$/, hubUser],
	['GET POST', /^\/repos\/([^/]+\/[^/]+)\/issues\/(\d+)\/comments$/, hubComments],
	['PATCH DELETE', /^\/repos\/([^/]+\/[^/]+)\/issues\/comments\/(\d+)$/, hubComment],
	['POST', /^\/repos\/([^/]+\/[^/]+)\/statuses\/([0-9a-f]{40,64})$/, hubStatus],
	['GET', /^\/repos\/([^/]+\/[^/]+)\/pulls\/(\d+)$/, hubPull],
];
