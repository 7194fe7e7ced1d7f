// events.mjs: a client of /api/v1/events: server-sent events as the standard has them, with a
// token in a header.

const AGAIN_MS = 200;
const SILENT_MS = 6000; // without a sign of life

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

// `who` as in centrifuge.mjs.
export function listen(port, who, ledger) {
	let leaving = false, last, ending;
	const leave = (status) => {
		leaving = true;
		ledger.ends('all', status);
	};
	const channels = [who.own, ...who.channels].filter(Boolean);

	// The first thing it says is an id: where all of the channels are.
	const begins = (id) => {
		const [epoch, places] = id.split(':');
		places.split(',').forEach((place, i) => {
			if (!ledger.place(channels[i]))
				ledger.begins(channels[i], { epoch, offset: Number(place) });
		});
	};
	const take = (found) => {
		if (found.id && last === undefined)
			begins(found.id);
		if (found.id)
			last = found.id;
		if (found.event === 'reset') {
			const { channel, offset } = JSON.parse(found.data);
			ledger.begins(channel, { epoch: last.split(':')[0], offset, recovered: false });
		} else if (found.data) {
			const event = JSON.parse(found.data);
			ledger.hears(event.channel, event.offset, event);
		}
	};

	const read = async () => {
		const headers = { Accept: 'text/event-stream' };
		let rest = '', quiet, heard = false;
		ending = new AbortController();
		if (who.own)
			headers.Authorization = `Bearer ${who.token()}`;
		if (last !== undefined)
			headers['Last-Event-ID'] = last;
		const alive = () => {
			clearTimeout(quiet);
			quiet = setTimeout(() => ending.abort(), SILENT_MS);
		};
		try {
			alive();
			const answer = await fetch(`http://127.0.0.1:${port}/api/v1/events?channels=${channels.join(',')}`,
				{ headers, signal: ending.signal });
			if (answer.status !== 200) {
				await answer.text();
				if (answer.status !== 503)
					leave(answer.status);
				return;
			}
			heard = true;
			const decoder = new TextDecoder();
			for await (const bytes of answer.body) {
				alive();
				rest += decoder.decode(bytes, { stream: true });
				const blocks = rest.split('\n\n');
				rest = blocks.pop();
				blocks.forEach((block) => take(fields(block)));
			}
		} catch {
			// Cut off: it comes again.
		} finally {
			clearTimeout(quiet);
			if (heard && !leaving)
				ledger.loses();
		}
	};

	(async () => {
		while (!leaving) {
			await read();
			await wait(AGAIN_MS);
		}
	})();
	return {
		leave() {
			leaving = true;
			ending.abort();
		},
	};
}
