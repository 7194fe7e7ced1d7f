// contract.mjs: operations of an OpenAPI document, and whether values match what it says.

import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const METHODS = ['get', 'put', 'post', 'patch', 'delete'];
// Depend on the path, the method and the size, not on the operation.
const CODES_OF_ALL = ['METHOD_NOT_ALLOWED', 'ROUTE_NOT_FOUND', 'BODY_TOO_LARGE'];
const escape = (step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'));

export class Contract {
	constructor(document) {
		this.document = document;
		this.ajv = addFormats(new Ajv({ strict: false, allErrors: true }));
		this.ajv.addSchema(document, 'contract');
		this.operations = Object.entries(document.paths).flatMap(([path, methods]) =>
			METHODS.filter((method) => methods[method]).map((method) => this.#operation(path, method)),
		);
		this.operations.sort((a, b) => a.path.split('{').length - b.path.split('{').length); // /users/me before /users/{id}
	}

	#operation(path, method) {
		const steps = ['paths', path, method];
		const pattern = new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`);
		const row = this.at(steps);
		const parameters = (row.parameters ?? []).map((_, i) =>
			this.locate([...steps, 'parameters', String(i)]),
		);
		const body = row.requestBody && this.locate([...steps, 'requestBody']);
		return {
			name: `${method.toUpperCase()} ${path}`,
			path,
			method: method.toUpperCase(),
			pattern,
			row,
			steps,
			parameters,
			body,
		};
	}

	at(steps) {
		return steps.reduce((at, step) => at?.[step], this.document);
	}

	// Where a value is, and the value; a reference is followed.
	locate(steps) {
		const value = this.at(steps);
		return value?.$ref ? this.locate(value.$ref.slice(2).split('/')) : { steps, value };
	}

	operationOf(method, target) {
		const [path] = target.split('?');
		return this.operations.find((operation) => operation.method === method && operation.pattern.test(path));
	}

	// What is wrong with a value for the schema at these steps; an empty text: nothing.
	errors(steps, value) {
		const validate = this.ajv.getSchema(`contract#/${steps.map(escape).join('/')}`);
		return validate(value) ? '' : this.ajv.errorsText(validate.errors);
	}

	// The same for an answer to an operation.
	answerErrors(operation, status, contentType, body) {
		const name = operation.row.responses[status] ? String(status) : 'default';
		const { steps, value: response } = this.locate([...operation.steps, 'responses', name]);
		const type = contentType?.split(';')[0];
		if (!response) return `the status ${status} is not declared`;
		if (!response.content || !type) return body.length && !response.content ? 'a body is not declared' : '';
		if (!response.content[type]) return `the media type ${type} is not declared`;
		if (!type.endsWith('json')) return '';
		const value = JSON.parse(body);
		const errors = this.errors([...steps, 'content', type, 'schema'], value);
		return (
			errors ||
			(type === 'application/problem+json' ? this.#codeErrors(operation, response, value) : '')
		);
	}

	#codeErrors(operation, response, { code }) {
		const codes = [response, operation.row].flatMap((row) => row['x-problem-codes'] ?? []);
		return [...CODES_OF_ALL, ...codes].includes(code) ? '' : `the code ${code} is not declared`;
	}
}
