// asyncapi.mjs: the AsyncAPI document is valid and complete.
//
//     asyncapi.mjs BINNACLE
//
// The parser reports no error and no warning, each message has examples, the examples match their
// schemas, and each operation names its messages and replies.

import { execFileSync } from 'node:child_process';

let Parser, Ajv, addFormats;
try {
	({ Parser } = await import('@asyncapi/parser'));
	({ default: Ajv } = await import('ajv'));
	({ default: addFormats } = await import('ajv-formats'));
} catch {
	console.log('skipped: needs npm packages, which ./dev test installs');
	process.exit(77);
}

// The document is of version 3.0, which more tools read than 3.1.
const ACCEPTED = ['asyncapi-latest-version'];

const text = execFileSync(process.argv[2], ['asyncapi'], { encoding: 'utf8', maxBuffer: 1 << 24 });
const errors = [];

async function checkSyntax() {
	const { diagnostics } = await new Parser().parse(text);
	for (const { code, path, message } of diagnostics) {
		if (!ACCEPTED.includes(code))
			errors.push(`${path.join('.')}: ${code}: ${message}`);
	}
}

// Users copy the examples, so they are also checked by a second validator.
function checkExamples(document) {
	const ajv = new Ajv({ strict: false, allErrors: true });
	addFormats(ajv);
	ajv.addSchema({ $id: 'document', ...document });
	for (const [name, message] of Object.entries(document.components.messages)) {
		const validate = ajv.compile({ $ref: `document#/components/messages/${name.replace('~', '~0')}/payload` });
		if (!message.examples?.length)
			errors.push(`components.messages.${name}: has no examples`);
		for (const { name: title, payload } of message.examples ?? []) {
			if (!validate(payload))
				errors.push(`components.messages.${name}: example ${title}: ${ajv.errorsText(validate.errors)}`);
		}
	}
}

function checkOperations(document) {
	const used = new Set();
	for (const [name, { action, channel, messages, reply }] of Object.entries(document.operations)) {
		const at = document.channels[channel.$ref.split('/').pop()];
		const listed = [...(messages ?? Object.keys(at.messages).map(($ref) => ({ $ref }))), ...(reply?.messages ?? [])];
		for (const { $ref } of listed)
			used.add($ref.split('/').pop());
		if (action === 'receive' && !messages?.length)
			errors.push(`operations.${name}: names no message`);
	}
	for (const name of Object.keys(document.components.messages)) {
		if (!used.has(name))
			errors.push(`components.messages.${name}: no operation sends or receives it`);
	}
}

const document = JSON.parse(text);
await checkSyntax();
checkExamples(document);
checkOperations(document);
errors.forEach((error) => console.log(error));
if (errors.length)
	console.log('Edit src/spec/asyncapi*.c, or the tables that the document is written from.');
process.exit(errors.length ? 1 : 0);
