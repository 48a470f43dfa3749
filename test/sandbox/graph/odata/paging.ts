import { badRequest } from '../failure.ts';
import type { GraphRequest } from '../message.ts';

export const defaultPageSize = 100;
export const largestPageSize = 999;

/** The `$top` of a request; 100 by default. */
export function pageSize(query: ReadonlyMap<string, string>): number {
  const text = query.get('$top');
  if (text === undefined) return defaultPageSize;
  const size = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (size < 1 || size > largestPageSize)
    throw badRequest(`Invalid page size specified: '${text}'. Must be between 1 and ${largestPageSize} inclusive.`);
  return size;
}

/** Query options that the directory does not know at all. */
export function checkOptions(query: ReadonlyMap<string, string>, allowed: readonly string[]): void {
  for (const name of query.keys()) {
    if (!name.startsWith('$') || name === '$format' || allowed.includes(name)) continue;
    throw badRequest(`'${name}' is not supported by the service.`);
  }
}

/** The position that a `$skiptoken` of ours stands for; 0 when there is none. */
export function skipPosition(query: ReadonlyMap<string, string>): number {
  const token = query.get('$skiptoken');
  if (token === undefined) return 0;
  const text = Buffer.from(token, 'base64url').toString('latin1');
  const match = /^page:(\d{1,15})$/.exec(text);
  if (match?.[1] === undefined)
    throw badRequest('Invalid paging token: the value of $skiptoken was not issued by the service.');
  return Number(match[1]);
}

/** The request's own URL with a `$skiptoken` for the position, absolute. */
export function nextLink(request: GraphRequest, position: number): string {
  const token = Buffer.from(`page:${position}`, 'latin1').toString('base64url');
  const [path = '', query = ''] = request.url.split(/\?(.*)/s);
  const kept = query.split('&').filter((pair) => pair !== '' && !/^(\$|%24)?skiptoken=/i.test(pair));
  return `${request.root}${path}?${[...kept, `$skiptoken=${token}`].join('&')}`;
}
