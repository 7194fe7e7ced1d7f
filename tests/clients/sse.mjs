// sse.mjs: a client of /api/v1/events: standard server-sent events, with the token in a header.

const RETRY_MS = 200;
const SILENCE_MS = 6000; // without a byte, the connection is considered dead

const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// The fields of one event: {id, event, data, retry}.
function fields(block) {
	const found = {};
	for (const line of block.split('\n')) {
		const at = line.indexOf(':');
		if (at > 0)
			found[line.slice(0, at)] = line.slice(at + 1).replace(/^ /, '');
	}
	return found;
}

// `user` as in centrifuge.mjs.
export function subscribe(port, user, log) {
	let closing = false, lastId, abort;
	const stop = (status) => {
		closing = true;
		log.ended('all', status);
	};
	const channels = [user.ownChannel, ...user.channels].filter(Boolean);

	// The first id has the current positions of all channels.
	const onFirstId = (id) => {
		const [epoch, offsets] = id.split(':');
		offsets.split(',').forEach((offset, i) => {
			if (!log.position(channels[i]))
				log.subscribed(channels[i], { epoch, offset: Number(offset) });
		});
	};
	const onEvent = (found) => {
		if (found.id && lastId === undefined)
			onFirstId(found.id);
		if (found.id)
			lastId = found.id;
		if (found.event === 'reset') {
			const { channel, offset } = JSON.parse(found.data);
			log.subscribed(channel, { epoch: lastId.split(':')[0], offset, recovered: false });
		} else if (found.data) {
			const event = JSON.parse(found.data);
			log.received(event.channel, event.offset, event);
		}
	};

	const read = async () => {
		const headers = { Accept: 'text/event-stream' };
		let rest = '', silence, connected = false;
		abort = new AbortController();
		if (user.ownChannel)
			headers.Authorization = `Bearer ${user.token()}`;
		if (lastId !== undefined)
			headers['Last-Event-ID'] = lastId;
		const alive = () => {
			clearTimeout(silence);
			silence = setTimeout(() => abort.abort(), SILENCE_MS);
		};
		try {
			alive();
			const response = await fetch(`http://127.0.0.1:${port}/api/v1/events?channels=${channels.join(',')}`,
				{ headers, signal: abort.signal });
			if (response.status !== 200) {
				await response.text();
				if (response.status !== 503)
					stop(response.status);
				return;
			}
			connected = true;
			const decoder = new TextDecoder();
			for await (const bytes of response.body) {
				alive();
				rest += decoder.decode(bytes, { stream: true });
				const blocks = rest.split('\n\n');
				rest = blocks.pop();
				blocks.forEach((block) => onEvent(fields(block)));
			}
		} catch {
			// Disconnected; the loop below reconnects.
		} finally {
			clearTimeout(silence);
			if (connected && !closing)
				log.disconnected();
		}
	};

	(async () => {
		while (!closing) {
			await read();
			await wait(RETRY_MS);
		}
	})();
	return {
		close() {
			closing = true;
			abort.abort();
		},
	};
}
