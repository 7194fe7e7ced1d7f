// problem.ts: errors of the API, identified by their code.

import type { components } from './generated/schema.js';

export type Problem = components['schemas']['Problem'];
export type ProblemCode = Problem['code'];

/** A response that is not 2xx. It has no `problem` if it is from a proxy, not from the API. */
export class ProblemError<Code extends ProblemCode = ProblemCode> extends Error {
	override readonly name = 'ProblemError';

	constructor(
		readonly response: Response,
		readonly problem: (Problem & { code: Code }) | undefined,
	) {
		super(problem ? `${problem.code}: ${problem.detail ?? problem.title}` : `HTTP ${response.status}`);
	}

	get code(): Code | undefined {
		return this.problem?.code;
	}
}

/** Whether the error is a problem with one of these codes, or with any code if none is given. */
export function isProblem<Code extends ProblemCode>(error: unknown, ...codes: Code[]): error is ProblemError<Code> {
	return error instanceof ProblemError && error.problem !== undefined
		&& (codes.length === 0 || (codes as ProblemCode[]).includes(error.problem.code));
}

export function toProblem(body: unknown): Problem | undefined {
	return typeof body === 'object' && body !== null && 'code' in body ? (body as Problem) : undefined;
}

/** The data of a response; throws ProblemError if it is not 2xx. */
export function unwrap<Data>(result: { data?: Data; error?: unknown; response: Response }): Data {
	if (!result.response.ok)
		throw new ProblemError(result.response, toProblem(result.error));
	return result.data as Data;
}
