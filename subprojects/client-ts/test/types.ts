// types.ts: code that the compiler must accept or reject. It is compiled, not run.

import { createBinnacle, isProblem, unwrap, type LiveEvent } from '@binnacle/client';

const { api, live, outbox } = createBinnacle({ baseUrl: 'http://127.0.0.1' });

export async function requests(): Promise<string> {
	const created = unwrap(await api.POST('/api/v1/me/notes', { body: { title: 'x', content: 'y' } }));
	const id: string = created.id;
	// @ts-expect-error: no such path
	await api.GET('/api/v1/nothing');
	// @ts-expect-error: no such field
	await api.POST('/api/v1/me/notes', { body: { heading: 'x' } });
	// @ts-expect-error: no such member
	return created.heading ?? id;
}

export function events(): void {
	live.subscribe('duty', {
		onEvent(event) {
			if (event.type === 'duty.started')
				event.data.user_id satisfies string;
			// @ts-expect-error: not an event of this channel
			event.type === 'log.created';
		},
	});
	// @ts-expect-error: no such channel
	live.subscribe('nothing', { onEvent() {} });
}

export async function writes(): Promise<void> {
	await outbox.add('/api/v1/logs/{id}/comments', { params: { path: { id: 'x' } }, body: { content: 'x' } });
	// @ts-expect-error: the ID is missing
	await outbox.add('/api/v1/logs/{id}/comments', { body: { content: 'x' } });
	// @ts-expect-error: not a POST
	await outbox.add('/api/v1/me', {});
}

export function problems(error: unknown, event: LiveEvent<'org'>): number {
	return isProblem(error, 'ALREADY_ON_DUTY') ? error.problem!.status : event.offset;
}
