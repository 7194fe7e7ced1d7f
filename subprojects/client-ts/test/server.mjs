// server.mjs: `binnacle dev` on a free port, for the tests. BINNACLE is the path of the program.

import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const START_MS = 60_000;

export async function freePort() {
	const server = createServer().listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	const { port } = server.address();
	await new Promise((resolve) => server.close(resolve));
	return port;
}

export class Server {
	#child;

	// `settings` are environment variables of the server.
	static async start(settings = {}) {
		const server = new Server();
		server.directory = await mkdtemp('/tmp/bct-');
		await chmod(server.directory, 0o711); // PostgreSQL runs as another user than root
		server.port = await freePort();
		server.url = `http://127.0.0.1:${server.port}`;
		server.settings = settings;
		await server.restart();
		return server;
	}

	async restart() {
		const args = ['dev', '--port', String(this.port), '--data', `${this.directory}/data`];
		const deadline = Date.now() + START_MS;
		let output = '';
		this.#child = spawn(process.env.BINNACLE, args, {
			env: { ...process.env, RATE_LIMIT: 'off', LOG_LEVEL: 'WARN', ...this.settings },
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		for (const stream of [this.#child.stdout, this.#child.stderr])
			stream.on('data', (data) => (output = (output + data).slice(-4000)));
		while (!(await fetch(`${this.url}/ready`).then((response) => response.ok, () => false))) {
			if (this.#child.exitCode !== null || Date.now() > deadline)
				throw new Error(`binnacle dev did not start:\n${output}`);
			await sleep(20);
		}
	}

	async #end(signal) {
		const exited = new Promise((resolve) => this.#child.once('exit', resolve));
		if (this.#child.exitCode === null && this.#child.signalCode === null && this.#child.kill(signal))
			await exited;
	}

	kill() {
		return this.#end('SIGKILL');
	}

	async stop() {
		await this.#end('SIGTERM');
		await rm(this.directory, { recursive: true, force: true });
	}

	async token(who, ttl = 3600, fault = undefined) {
		const response = await fetch(`${this.url}/dev/token`, {
			method: 'POST',
			headers: { 'Content-Type': 'application/json' },
			body: JSON.stringify({ who, ttl, fault }),
		});
		return (await response.json()).token;
	}
}
