import { describe, expect, it } from 'vitest';
import { parseFilter } from '../../sandbox/graph/odata/filter-syntax.ts';
import { checkFilter } from '../../sandbox/graph/odata/filter-rules.ts';
import { parsePath, parseQuery } from '../../sandbox/graph/resource-path.ts';

describe('filters', () => {
  it('bind and tighter than or', () => {
    expect(parseFilter("a eq 'x' or b eq true and c eq null")).toEqual({
      op: 'or',
      left: { op: 'compare', property: 'a', operator: 'eq', value: 'x' },
      right: {
        op: 'and',
        left: { op: 'compare', property: 'b', operator: 'eq', value: true },
        right: { op: 'compare', property: 'c', operator: 'eq', value: null },
      },
    });
  });

  it('double quotes inside text and take lambdas over collections', () => {
    expect(parseFilter("mail eq 'o''neil'")).toMatchObject({ value: "o'neil" });
    expect(parseFilter("proxyAddresses/any(p:p eq 'x')")).toEqual({
      op: 'any',
      property: 'proxyAddresses',
      where: { op: 'compare', property: '$it', operator: 'eq', value: 'x' },
    });
  });

  it.each(['', "a eq 'x", 'a eq', "a like 'x'", "a eq 'x')", "in ('x')", "a eq 'x' b"])('refuse %s', (text) => {
    expect(() => parseFilter(text)).toThrow();
  });

  it('need the advanced engine for ne, not and endsWith', () => {
    for (const text of ["displayName ne 'x'", "not(displayName eq 'x')", "endsWith(mail,'x')"]) {
      expect(() => {
        checkFilter(parseFilter(text), 'user', false);
      }).toThrow(/Try adding \$count=true/);
      expect(() => {
        checkFilter(parseFilter(text), 'user', true);
      }).not.toThrow();
    }
  });
});

describe('paths and queries', () => {
  it('carry alternate keys with quotes and slashes', () => {
    expect(parsePath("/groups(uniqueName='a''b/c')/members")).toEqual([
      { kind: 'name', text: 'groups' },
      { kind: 'key', property: 'uniqueName', value: "a'b/c" },
      { kind: 'name', text: 'members' },
    ]);
    expect(parsePath('/users/delta()')).toEqual(parsePath('/users/microsoft.graph.delta'));
  });

  it('read a plus sign as a blank and refuse an option given twice', () => {
    expect(parseQuery('$filter=a+eq+1&top=5')).toEqual(
      new Map([
        ['$filter', 'a eq 1'],
        ['$top', '5'],
      ]),
    );
    expect(() => parseQuery('$top=1&top=2')).toThrow(/more than once/);
  });
});
