import { z } from 'zod';
import { malformed } from './failure.ts';
import type { Json, JsonObject } from './json.ts';
import type { GraphReply, GraphRequest } from './message.ts';

/** Requests in one batch at most. */
export const batchLimit = 20;

const itemSchema = z.object({
  id: z.string().min(1),
  method: z.string().transform((method) => method.toUpperCase()),
  url: z.string().min(1),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.custom<Json>((value) => value !== undefined).optional(),
  dependsOn: z.array(z.string()).optional(),
});

type BatchItem = z.infer<typeof itemSchema>;

const batchSchema = z.object({ requests: z.array(itemSchema) });

function lowerCased(headers: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Checks the envelope as a whole: any fault in it refuses all of the batch. */
function parseBatch(body: Json | undefined): readonly BatchItem[] {
  const parsed = batchSchema.safeParse(body);
  if (!parsed.success) throw malformed('Invalid batch payload format.');
  const items = parsed.data.requests;
  if (items.length === 0) throw malformed('Invalid batch payload format.');
  if (items.length > batchLimit)
    throw malformed(`Number of batch request steps exceeds the maximum value of ${batchLimit}.`);
  const seen = new Set<string>();
  for (const item of items) {
    const id = item.id.toLowerCase();
    if (seen.has(id)) throw malformed(`Request Id '${item.id}' is not unique in the batch.`);
    // A dependency must come earlier in the array, which also rules out circles.
    const unknown = item.dependsOn?.find((needed) => !seen.has(needed.toLowerCase()));
    if (unknown !== undefined)
      throw malformed(`Request '${item.id}' depends on '${unknown}', which does not come before it.`);
    seen.add(id);
    if (item.body !== undefined && !('content-type' in lowerCased(item.headers)))
      throw malformed(`Write request id : ${item.id} does not contain Content-Type header or body.`);
  }
  return items;
}

function decodedBody(item: BatchItem): Json | undefined {
  const { body } = item;
  if (typeof body !== 'string') return body;
  try {
    // A body that is not JSON travels as base64url text; the directory only takes JSON.
    return JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Json;
  } catch {
    return body;
  }
}

/** Runs one request of the batch; undefined when the connection must be cut there. */
export type RunItem = (request: GraphRequest) => Promise<GraphReply | undefined>;

function failedDependency(): GraphReply {
  return {
    status: 424,
    headers: { 'Content-Type': 'application/json' },
    body: {
      error: {
        code: 'FailedDependency',
        message:
          'The request could not be performed because the requested action depended on another request, which failed.',
      },
    },
  };
}

function entry(id: string, reply: GraphReply): JsonObject {
  const shown: JsonObject = { id, status: reply.status, headers: { ...reply.headers } };
  if (reply.body !== undefined) shown['body'] = reply.body;
  return shown;
}

/**
 * Runs a `$batch` (JSON batching): the requests in their order, each metered by itself. The answers are not in order
 * yet; a request whose dependency failed answers 424 and does not run. Undefined: cut the connection.
 */
export async function runBatch(request: GraphRequest, run: RunItem): Promise<JsonObject[] | undefined> {
  const items = parseBatch(request.body);
  // Errors inside of a batch name the id of the batch.
  const id = request.headers['client-request-id'];
  const correlation: Readonly<Record<string, string>> = id === undefined ? {} : { 'client-request-id': id };
  const answers: JsonObject[] = [];
  const succeeded = new Map<string, boolean>();
  for (const item of items) {
    const ready = (item.dependsOn ?? []).every((id) => succeeded.get(id.toLowerCase()) === true);
    const url = item.url.startsWith('/') ? item.url : `/${item.url}`;
    const inner: GraphRequest = {
      method: item.method,
      url,
      headers: { ...correlation, ...lowerCased(item.headers) },
      body: decodedBody(item),
      root: request.root,
      caller: request.caller,
    };
    const reply = ready ? await run(inner) : failedDependency();
    if (reply === undefined) return undefined;
    succeeded.set(item.id.toLowerCase(), reply.status < 400);
    answers.push(entry(item.id, reply));
  }
  return answers;
}
