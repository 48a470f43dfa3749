/** A parsed ASP.NET route template, e.g. `orders/{id:int?}` or `files/{*path}`. */
export interface RouteTemplate {
  readonly template: string;
  /** The parameters when `path` (decoded by segment, without leading slash) fits, otherwise undefined. */
  match(path: string): Record<string, string> | undefined;
  /** Sort key by segment: the lower, the more exact. Literals come before constrained parameters, those before plain ones. */
  readonly precedence: readonly number[];
}

interface Parameter {
  readonly name: string;
  readonly constraints: readonly string[];
  readonly optional: boolean;
  readonly catchAll: boolean;
  readonly fallback: string | undefined;
}

type Segment = string | { readonly parts: readonly (string | Parameter)[] };

/** Parses a template. @throws Error for braces that do not match. */
export function parseRouteTemplate(template: string): RouteTemplate {
  const trimmed = template.replace(/^\/+|\/+$/g, '');
  const segments = trimmed === '' ? [] : splitSegments(trimmed).map(parseSegment);
  return {
    template,
    precedence: segments.map(precedenceOf),
    match: (path) => matchSegments(segments, path),
  };
}

/** Orders templates: the first that matches a path is the one that ASP.NET would choose. */
export function compareTemplates(a: RouteTemplate, b: RouteTemplate): number {
  const length = Math.max(a.precedence.length, b.precedence.length);
  for (let index = 0; index < length; index += 1) {
    const difference = (a.precedence[index] ?? 0) - (b.precedence[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Splits at slashes outside braces: a regex constraint may hold one. */
function splitSegments(template: string): string[] {
  const segments = [''];
  let depth = 0;
  for (const character of template) {
    depth += character === '{' ? 1 : character === '}' ? -1 : 0;
    if (character === '/' && depth === 0) segments.push('');
    else segments.push((segments.pop() ?? '') + character);
  }
  if (depth !== 0) throw new Error(`The route template "${template}" has braces that do not match.`);
  return segments;
}

function parseSegment(text: string): Segment {
  if (!text.includes('{')) return text;
  const parts = text.split(/(\{(?:[^{}]|\{[^{}]*\})*\})/).filter((part) => part !== '');
  return { parts: parts.map((part) => (part.startsWith('{') ? parseParameter(part.slice(1, -1)) : part)) };
}

function parseParameter(text: string): Parameter {
  const catchAll = text.startsWith('*');
  const optional = text.endsWith('?');
  const body = text.replace(/^\*+/, '').replace(/\?$/, '');
  const [head = '', fallback] = body.split('=', 2);
  const [name = '', ...constraints] = head.split(':');
  return { name, constraints, optional, catchAll, fallback };
}

function precedenceOf(segment: Segment): number {
  if (typeof segment === 'string') return 1;
  if (segment.parts.length > 1) return 2;
  const [part] = segment.parts;
  if (typeof part !== 'object') return 1;
  const constrained = part.constraints.length > 0;
  if (part.catchAll) return constrained ? 4 : 5;
  return constrained ? 2 : 3;
}

function matchSegments(segments: readonly Segment[], path: string): Record<string, string> | undefined {
  const values = path === '' ? [] : path.split('/');
  const result: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const only = singleParameter(segment);
    if (only?.catchAll) {
      const rest = values.slice(index).map(decode).join('/');
      return accept(only, rest, result) ? result : undefined;
    }
    const value = values[index];
    if (value === undefined || value === '') {
      if (!only || (!only.optional && only.fallback === undefined)) return undefined;
      if (only.fallback !== undefined) result[only.name] = only.fallback;
    } else if (!matchSegment(segment, decode(value), result)) {
      return undefined;
    }
  }
  return values.length <= segments.length ? result : undefined;
}

function singleParameter(segment: Segment): Parameter | undefined {
  if (typeof segment === 'string' || segment.parts.length !== 1) return undefined;
  const [part] = segment.parts;
  return typeof part === 'object' ? part : undefined;
}

function matchSegment(segment: Segment, value: string, result: Record<string, string>): boolean {
  if (typeof segment === 'string') return segment.toLowerCase() === value.toLowerCase();
  const pattern = segment.parts.map((part) => (typeof part === 'string' ? escapeRegExp(part) : '(.+)')).join('');
  const found = new RegExp(`^${pattern}$`, 'i').exec(value);
  if (!found) return false;
  const parameters = segment.parts.filter((part) => typeof part === 'object');
  return parameters.every((parameter, index) => accept(parameter, found[index + 1] ?? '', result));
}

function accept(parameter: Parameter, value: string, result: Record<string, string>): boolean {
  if (!parameter.constraints.every((constraint) => satisfies(constraint, value))) return false;
  result[parameter.name] = value;
  return true;
}

const patterns: Readonly<Record<string, RegExp>> = {
  int: /^[+-]?\d{1,10}$/,
  long: /^[+-]?\d{1,19}$/,
  bool: /^(true|false)$/i,
  alpha: /^[a-z]*$/i,
  guid: /^\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i,
  decimal: /^[+-]?\d+(\.\d+)?$/,
  double: /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i,
  float: /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i,
  required: /./,
};

/** The inline constraints of ASP.NET Core routing. */
function satisfies(constraint: string, value: string): boolean {
  const pattern = patterns[constraint.toLowerCase()];
  if (pattern) return pattern.test(value);
  const call = /^(\w+)\((.*)\)$/s.exec(constraint);
  if (constraint.toLowerCase() === 'datetime') return !Number.isNaN(Date.parse(value));
  if (!call) throw new Error(`The route constraint "${constraint}" is not known.`);
  const [, name = '', argument = ''] = call;
  const [first = NaN, second = first] = argument.split(',').map(Number);
  switch (name.toLowerCase()) {
    case 'regex':
      return new RegExp(argument, 'i').test(value);
    case 'minlength':
      return value.length >= first;
    case 'maxlength':
      return value.length <= first;
    case 'length':
      return value.length >= first && value.length <= second;
    case 'min':
      return Number(value) >= first;
    case 'max':
      return Number(value) <= first;
    case 'range':
      return Number(value) >= first && Number(value) <= second;
    default:
      throw new Error(`The route constraint "${constraint}" is not known.`);
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
