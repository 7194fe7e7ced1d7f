// every_example.mjs BINNACLE [OPERATION…]: /docs executes each operation, /redoc shows each one.
//
// In Swagger UI at /docs of `binnacle dev`, each operation is executed as its form stands, with the
// demo user that the page chooses, and must answer 2xx. Event streams are left out: they do not end.
// Whatever changed the demo data, the next operation finds it as it was: the database is replaced
// by a copy while the server runs. Neither page may complain (see browser.mjs).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { restoreData, saveData, startDev } from '../support/dev_server.mjs';
import { closeOperation, execute, openPage, startBrowser } from './browser.mjs';

const chosen = process.argv.slice(3);

let server, browser, contract;

// ---- Operations ----

const isEventStream = ({ tags }) => tags.includes('Event streams');

function* operations() {
	for (const [path, methods] of Object.entries(contract.paths)) {
		for (const [method, operation] of Object.entries(methods)) {
			if (operation.operationId) yield { path, method, ...operation };
		}
	}
}

const selected = () =>
	[...operations()].filter(
		(operation) => !isEventStream(operation) && (!chosen.length || chosen.includes(operation.operationId)),
	);

// What is wrong with the example of an operation; an empty list: nothing.
async function faultsOf(page, complaints, { path, operationId }) {
	const status = await execute(page, path, operationId).catch(({ message }) => message);
	const faults = [...(/^2\d\d$/.test(status) ? [] : [`answers ${status}`]), ...complaints.splice(0)];
	return faults.map((fault) => `${operationId} ${fault}`);
}

// ---- Tests ----

before(async () => {
	server = await startDev();
	contract = await (await fetch(`${server.origin}/openapi.json`)).json();
	await saveData(server);
	browser = await startBrowser();
});

after(async () => {
	await browser?.close();
	await server?.stop();
});

test('/docs executes each operation from its example', async () => {
	const { page, complaints } = await openPage(await browser.newContext(), [server.origin]);
	const faults = [];
	let isChanged = false;

	await page.goto(`${server.origin}/docs`);
	await page.waitForSelector('.opblock');
	for (const operation of selected()) {
		if (isChanged) await restoreData(server);
		const found = await faultsOf(page, complaints, operation);
		console.log([operation.operationId, ...found].join(' '));
		faults.push(...found);
		await closeOperation(page, operation.operationId); // or the page becomes slow
		isChanged = operation.method !== 'get';
	}
	console.log(`${selected().length} operations executed`);
	assert.ok(selected().length);
	assert.deepEqual(faults, []);
});

test('/redoc shows each operation', async () => {
	const { page, complaints } = await openPage(await browser.newContext(), [server.origin]);

	await page.goto(`${server.origin}/redoc`);
	for (const { tags, operationId } of operations())
		await page.waitForSelector(`[id="tag/${tags[0].replaceAll(' ', '-')}/operation/${operationId}"]`, {
			state: 'attached',
		});
	assert.deepEqual(complaints, []);
});
