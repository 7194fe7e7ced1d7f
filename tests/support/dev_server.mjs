// dev_server.mjs: a server with demo data that can be restored while the server runs.

import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_MS = 60_000;
const RESTORE_MS = 30_000;
const DEV_IS_READY = /^ {2}API {9}http:\/\/127\.0\.0\.1:(\d+)[^]*^ +Database .*host=(\S+)[^]*^Ready in/m;

// Starts `binnacle dev` or `serve` on a free port; `until` is what it prints when it is ready, with
// the port. Another process may take the port before it listens: then it is started again.
export async function startServer(args, until, environment = {}, attempts = 3) {
	const directory = mkdtempSync(join(tmpdir(), 'binnacle-server-'));
	chmodSync(directory, 0o711); // PostgreSQL runs as another user than root
	const child = spawn(process.argv[2], [...args, '--data', join(directory, 'data'), '--port', '0'], {
		env: { ...process.env, ...environment },
	});
	const ended = new Promise((resolve) => child.once('exit', resolve));
	const stop = async () => {
		child.kill('SIGTERM');
		await ended;
		rmSync(directory, { recursive: true, force: true });
	};
	let output = '';
	const ready = await new Promise((resolve) => {
		const read = (bytes) => {
			output += bytes;
			const match = output.match(until);
			if (match) resolve(match);
		};
		child.stdout.on('data', read);
		child.stderr.on('data', read);
		ended.then(() => resolve());
		setTimeout(resolve, START_MS).unref();
	});
	if (ready) return { origin: `http://127.0.0.1:${ready[1]}`, ready, stop };
	await stop();
	if (attempts > 1 && output.includes('Address already in use'))
		return startServer(args, until, environment, attempts - 1);
	throw new Error(`the server is not ready: ${output}`);
}

export const startDev = () => startServer(['dev'], DEV_IS_READY);

// ---- Demo data ----

function psql(server, ...statements) {
	const options = [
		'-Xq',
		'-v',
		'ON_ERROR_STOP=1',
		'-U',
		'binnacle',
		'-h',
		decodeURIComponent(server.ready[2]),
		'-d',
		'postgres',
	];
	execFileSync('psql', [...options, ...statements.flatMap((statement) => ['-c', statement])], {
		env: { ...process.env, PGOPTIONS: '-c client_min_messages=warning' },
	});
}

// Saves the data of a server of startDev(). Nothing may be connected to a database that is copied, so
// the saved one is renamed, and the server gets a copy.
export async function saveData(server) {
	const slow = ['fsync', 'synchronous_commit', 'full_page_writes'];
	psql(server, ...slow.map((name) => `alter system set ${name} = off`), 'select pg_reload_conf()');
	psql(
		server,
		'alter database binnacle allow_connections false',
		"select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = 'binnacle'",
		'alter database binnacle rename to saved',
	);
	await restoreData(server);
}

// The connection that notifies other processes is not part of /ready; a command for a session of another
// process uses it.
async function isConnected({ origin }) {
	const command = { session: '0'.repeat(32), node: '01900000-0000-7000-8000-0000000000ff', data: '{}' };
	const notify = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(command) };
	return (await fetch(`${origin}/ready`)).ok && (await fetch(`${origin}/emulation`, notify)).ok;
}

// Gives the server the saved data again.
export async function restoreData(server) {
	psql(
		server,
		'create database next template saved strategy file_copy',
		'drop database if exists binnacle with (force)',
		'alter database next rename to binnacle',
	);
	for (const end = Date.now() + RESTORE_MS; Date.now() < end; await sleep(20)) {
		if (await isConnected(server)) return;
	}
	throw new Error('the server does not connect to the restored database');
}
