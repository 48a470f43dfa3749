import { malformed } from './failure.ts';

/** One step of a resource path: a name, or a key in brackets or between slashes. */
export type PathStep =
  | { readonly kind: 'name'; readonly text: string }
  | { readonly kind: 'key'; readonly property: string | undefined; readonly value: string };

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw malformed('Invalid request: the URL is not correctly escaped.');
  }
}

/** Cuts at slashes outside quotes: an alternate key may hold a slash. */
function cut(path: string): string[] {
  const parts: string[] = [];
  let part = '';
  let quoted = false;
  for (const char of path) {
    if (char === "'") quoted = !quoted;
    if (char === '/' && (!quoted || !part.includes('('))) {
      parts.push(part);
      part = '';
    } else part += char;
  }
  return [...parts, part].filter((text) => text !== '');
}

/** Names that mean the same in Graph's URLs. */
function canonicalName(name: string): string {
  const text = name.replace(/\(\)$/, '');
  if (/^microsoft\.graph\.(delta|restore|getbyids|getmembergroups|checkmembergroups)$/i.test(text))
    return text.slice('microsoft.graph.'.length);
  return text.replace(/^graph\./i, 'microsoft.graph.');
}

/**
 * The steps of a path: `/groups(uniqueName='a')/members` gives a name, a key and a name. Quotes inside quotes are doubled
 * (OData 4.01 ABNF, SQUOTE-in-string).
 */
export function parsePath(path: string): PathStep[] {
  return cut(path).flatMap((part): PathStep[] => {
    const text = decode(part);
    const keyed = /^([^(]+)\((?:(\w+)=)?'((?:[^']|'')*)'\)$/.exec(text);
    if (keyed === null) return [{ kind: 'name', text: canonicalName(text) }];
    const [, name = '', property, value = ''] = keyed;
    return [
      { kind: 'name', text: name },
      { kind: 'key', property, value: value.replaceAll("''", "'") },
    ];
  });
}

/** The query of a URL by option name, in lower case and with its `$`. A plus sign is a blank, as the service reads it. */
export function parseQuery(query: string): Map<string, string> {
  const options = new Map<string, string>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const name = decode((at === -1 ? pair : pair.slice(0, at)).replaceAll('+', ' ')).toLowerCase();
    const known = /^(select|filter|top|count|orderby|search|expand|skip|skiptoken|deltatoken|format)$/.test(name);
    const key = known ? `$${name}` : name;
    if (options.has(key))
      throw malformed(`Query option '${key}' was specified more than once, but it must be specified at most once.`);
    options.set(key, at === -1 ? '' : decode(pair.slice(at + 1).replaceAll('+', ' ')));
  }
  return options;
}
