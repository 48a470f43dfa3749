import { describe, expect, it } from 'vitest';
import { compareTemplates, parseRouteTemplate } from '../../sandbox/functions-host/route-template.ts';

describe('a route template', () => {
  it.each([
    ['items/{id}', 'items/7', { id: '7' }],
    ['items/{id}', 'ITEMS/a%20b', { id: 'a b' }],
    ['items/{id}', 'items', undefined],
    ['items/{id}', 'items/7/more', undefined],
    ['items/{id:int?}', 'items', {}],
    ['items/{id:int?}', 'items/7', { id: '7' }],
    ['items/{id:int?}', 'items/x', undefined],
    ['items/{id=1}', 'items', { id: '1' }],
    ['files/{*path}', 'files/a/b%2Fc', { path: 'a/b/c' }],
    ['files/{*path}', 'files', { path: '' }],
    [
      '{kind:alpha}/{id:guid}',
      'user/00000000-0000-0000-0000-000000000001',
      {
        kind: 'user',
        id: '00000000-0000-0000-0000-000000000001',
      },
    ],
    ['{name}.{ext}', 'a.b.json', { name: 'a.b', ext: 'json' }],
    ['v{version:int}/x', 'v2/x', { version: '2' }],
    ['{id:range(1,9)}', '9', { id: '9' }],
    ['{id:range(1,9)}', '10', undefined],
    ['{code:length(3)}', 'abcd', undefined],
    ['{code:regex(^[a-z]{{2}}$)}', 'x', undefined],
    ['', '', {}],
  ])('%s takes %s as %j', (template, path, parameters) => {
    expect(parseRouteTemplate(template).match(path)).toEqual(parameters);
  });

  it('comes before a less exact one', () => {
    const templates = ['{*rest}', 'items/{id}', 'items/special', 'items/{id:int}'].map(parseRouteTemplate);
    expect(templates.sort(compareTemplates).map((one) => one.template)).toEqual([
      'items/special',
      'items/{id:int}',
      'items/{id}',
      '{*rest}',
    ]);
  });

  it('is refused when its braces do not match', () => {
    expect(() => parseRouteTemplate('a/{b')).toThrow('braces');
  });
});
