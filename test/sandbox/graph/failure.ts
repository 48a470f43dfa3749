import type { JsonObject } from './json.ts';

/** One entry of `error.details`. */
export interface FailureDetail {
  readonly code: string;
  readonly message: string;
  readonly target: string;
}

export interface FailureOptions {
  readonly target?: string;
  readonly details?: readonly FailureDetail[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal of Graph: becomes an answer with Graph's error envelope. */
export class GraphFailure extends Error {
  readonly status: number;
  readonly code: string;
  readonly options: FailureOptions;

  constructor(status: number, code: string, message: string, options: FailureOptions = {}) {
    super(message);
    this.name = 'GraphFailure';
    this.status = status;
    this.code = code;
    this.options = options;
  }
}

/** `400 Request_BadRequest`, under which the directory files almost every refusal. */
export const badRequest = (message: string, options?: FailureOptions): GraphFailure =>
  new GraphFailure(400, 'Request_BadRequest', message, options);

/** `400 BadRequest`: refused before the directory saw it (URL, JSON, batch envelope). */
export const malformed = (message: string): GraphFailure => new GraphFailure(400, 'BadRequest', message);

export const unsupportedQuery = (message: string): GraphFailure =>
  new GraphFailure(400, 'Request_UnsupportedQuery', message);

export const notFound = (id: string): GraphFailure =>
  new GraphFailure(
    404,
    'Request_ResourceNotFound',
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  );

export const denied = (message = 'Insufficient privileges to complete the operation.'): GraphFailure =>
  new GraphFailure(403, 'Authorization_RequestDenied', message);

export const invalidValues = (): GraphFailure => badRequest('One or more properties contains invalid values.');

export const readOnlyProperty = (name: string): GraphFailure =>
  badRequest(`Property '${name}' is read-only and cannot be set.`);

export const onPremisesMastered = (): GraphFailure =>
  badRequest(
    'Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.',
  );

/** A value that must be unique is held by another object. */
export function conflict(property: string): GraphFailure {
  const message = `Another object with the same value for property ${property} already exists.`;
  return badRequest(message, { details: [{ code: 'ObjectConflict', message, target: property }] });
}

/** The error envelope. Dates carry no zone, as the service writes them. */
export function failureBody(
  failure: GraphFailure,
  requestId: string,
  clientRequestId: string,
  now: number,
): JsonObject {
  const { target, details } = failure.options;
  return {
    error: {
      code: failure.code,
      message: failure.message,
      ...(target === undefined ? {} : { target }),
      ...(details === undefined ? {} : { details: details.map((detail) => ({ ...detail })) }),
      innerError: {
        date: new Date(now).toISOString().slice(0, 19),
        'request-id': requestId,
        'client-request-id': clientRequestId,
      },
    },
  };
}
