// GitLab.

import { Answer, addStatus, changeComment, checkBody, findComment, makeComment, need, paged, pullState, repositoryOf, setup, state, userId } from './state.mjs';

function projectOf(encoded) {
	const name = decodeURIComponent(encoded);
	return setup.projects[name] ?? name;
}

function showNote(comment) {
	const { id, body, author, created, updated } = comment;
	return { id, body, author: { id: userId(author), username: author }, created_at: created, updated_at: updated, system: false };
}

function labUser(request) {
	if (!request.user) throw new Answer(401, { message: '401 Unauthorized' });
	return new Answer(200, { id: userId(request.user.login), username: request.user.login });
}

function labNotes(request, [project, number]) {
	const name = projectOf(project);
	need(request, request.method === 'GET' ? 'read' : 'comment');
	pullState(request, name, number);
	const notes = (repositoryOf('gitlab', name).comments[number] ?? []).map(showNote);
	if (request.method === 'GET') return paged(request, request.query.get('sort') === 'asc' ? notes : notes.reverse());
	const comment = makeComment('gitlab', name, number, request.user.login, checkBody(request));
	state.created++;
	return new Answer(201, showNote(comment));
}

function labNote(request, [project, number, id]) {
	need(request, 'comment');
	const comment = changeComment(request, findComment('gitlab', projectOf(project), id, number));
	return comment ? new Answer(200, showNote(comment)) : new Answer(204, null);
}

const labStatus = (request, [project, sha]) =>
	addStatus(request, projectOf(project), sha, ['pending', 'running', 'success', 'failed', 'canceled'], 'name', 255);

function labPull(request, [project, number]) {
	need(request, 'read');
	const name = projectOf(project);
	const known = pullState(request, name, number);
	return new Answer(200, {
		iid: Number(number), id: 99000 + Number(number), state: known === 'open' ? 'opened' : known,
		web_url: `${request.self}/${name}/-/merge_requests/${number}`,
	});
}

export const labRoutes = [
	['GET', /^\/user$/, labUser],
	['GET POST', /^\/projects\/([^/]+)\/merge_requests\/(\d+)\/notes$/, labNotes],
	['PUT DELETE', /^\/projects\/([^/]+)\/merge_requests\/(\d+)\/notes\/(\d+)$/, labNote],
	['POST', /^\/projects\/([^/]+)\/statuses\/([0-9a-f]{40,64})$/, labStatus],
	['GET', /^\/projects\/([^/]+)\/merge_requests\/(\d+)$/, labPull],
];
