// logbook.ts: a live logbook. Logs can be written while the server is unreachable: the outbox sends
// them later.
//
//     build/binnacle dev                     in the repository
//     npm run build && npm run example       in subprojects/client-ts

import { createBinnacle, indexedDbStore, unwrap, type Binnacle } from '@binnacle/client';

const parameters = new URLSearchParams(location.search);
const baseUrl = parameters.get('server') ?? 'http://127.0.0.1:8080';
const person = document.querySelector<HTMLSelectElement>('[name=person]')!;
const place = document.querySelector<HTMLSelectElement>('[name=location]')!;
const title = document.querySelector<HTMLInputElement>('[name=title]')!;
const list = document.querySelector('#logs')!;
const status = document.querySelector('#status')!;

let client: Binnacle | undefined;
let stop: (() => void) | undefined;

/** Gets a token from serve.mjs. An application would get it from its identity provider. */
async function getToken(): Promise<string> {
	const response = await fetch('/token', { method: 'POST', body: JSON.stringify({ who: person.value }) });
	const { token } = (await response.json()) as { token?: string };
	if (!token)
		throw new TypeError('no token');
	return token;
}

function show(log: { id: string; title: string; created_at: string; author?: { first_name: string | null } }, top = true): void {
	const item = document.querySelector(`[data-id="${log.id}"]`) ?? document.createElement('li');
	const details = document.createElement('small');
	item.setAttribute('data-id', log.id);
	details.textContent = [log.author?.first_name, new Date(log.created_at).toLocaleString()].filter(Boolean).join(', ');
	item.replaceChildren(log.title, details);
	if (!item.isConnected)
		top ? list.prepend(item) : list.append(item);
}

/** Shows how many entries are waiting, and the result of the last one. */
async function report(text = ''): Promise<void> {
	const waiting = (await client!.outbox.pending()).length;
	status.textContent = `${text} ${waiting ? `${waiting} waiting to be sent.` : ''}`.trim() || 'Up to date.';
}

async function showLocation(): Promise<void> {
	const query = { location_id: place.value, limit: 50 };
	stop?.();
	stop = client!.live.subscribe(`location:${place.value}`, {
		async onLoad() {
			const before = [...list.children]; // events can add logs while these are loaded
			const logs = unwrap(await client!.api.GET('/api/v1/logs', { params: { query } }));
			before.forEach((item) => item.remove());
			logs.forEach((log) => show(log, false));
			await report();
		},
		onEvent(event) {
			if (event.type === 'log.created' || event.type === 'log.updated')
				show(event.data);
			else if (event.type === 'log.archived')
				document.querySelector(`[data-id="${event.data.id}"]`)?.remove();
		},
		onEnd: (_, reason) => report(`No live events: ${reason}.`),
	});
}

async function connect(): Promise<void> {
	client?.close();
	client = createBinnacle({
		baseUrl,
		getToken,
		outbox: {
			store: indexedDbStore(`logbook-${person.value}`),
			onSent: () => report('Saved.'),
			onConflict: (_, conflict) => report(`Rejected: ${typeof conflict === 'string' ? conflict : conflict.message}`),
		},
	});
	const locations = unwrap(await client.api.GET('/api/v1/locations'));
	place.replaceChildren(...locations.map(({ id, name }) => new Option(name, id)));
	place.disabled = false;
	await showLocation();
}

async function write(event: SubmitEvent): Promise<void> {
	const body = { type: 'PATROL', title: title.value, description: title.value, location_id: place.value } as const;
	event.preventDefault();
	title.value = '';
	await client!.outbox.add('/api/v1/logs', { body });
	await report();
}

person.addEventListener('change', connect);
place.addEventListener('change', showLocation);
document.querySelector<HTMLFormElement>('#entry')!.addEventListener('submit', write);
connect().catch((error) => (status.textContent = `Cannot connect to ${baseUrl}: ${error}`));
