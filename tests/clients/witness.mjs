// witness.mjs: one client's memory of what it heard, and of where it hears no more.

export class Witness {
	constructor(name) {
		this.name = name;
		this.places = new Map();
		this.heard = [];
		this.ended = new Map();
	}

	place(channel) {
		return this.places.get(channel);
	}

	begins(channel, { epoch, offset }) {
		if (!this.places.has(channel))
			this.places.set(channel, { epoch, offset });
		this.ended.delete(channel);
	}

	hears(channel, offset, event) {
		this.places.get(channel).offset = offset;
		this.heard.push({ channel, offset, ...event });
	}

	ends(channel, why) {
		this.ended.set(channel, why);
	}

	fault(channel, text) {
		this.ends(channel, text);
	}

	loses() {}

	// There, or everywhere.
	hasEnded(channel) {
		return this.ended.has(channel) || this.ended.has('all');
	}

	heardOf(channel) {
		return this.heard.filter((event) => event.channel === channel);
	}
}
