import { rdnsOf } from '../../../directory/dn.ts';
import { Reference } from '../../value.ts';
import {
  asNumber,
  asReference,
  asText,
  define,
  FunctionFailure,
  small,
  type Argument,
  type FunctionTable,
} from './definition.ts';

/** Names as they are written, escapes included: rules look for `\0ACNF:` in them. */
function component(value: Argument, number: bigint, fromRight: boolean, skipDc: boolean): string {
  const dn = typeof value === 'string' ? value : asReference(value).dn;
  if (dn === undefined) throw new FunctionFailure('Of this reference the directory gave no name, only an id.');
  const place = small(number);
  const rdns = rdnsOf(dn, fromRight ? undefined : Math.max(1, place));
  if (!rdns.every((rdn) => rdn.indexOf('=') > 0)) throw new FunctionFailure(`"${dn}" is not a distinguished name.`);
  const named = skipDc ? rdns.filter((rdn) => !/^dc\s*=/i.test(rdn)) : rdns;
  const rdn = named[fromRight ? named.length - place : place - 1];
  return rdn === undefined ? '' : rdn.slice(rdn.indexOf('=') + 1).trim();
}

/** RFC 4514 section 2.4; the type of the component and its = stay. */
function escapeComponent(text: string): string {
  const [, type = '', value = ''] = /^([A-Za-z][\w.-]*=)?(.*)$/s.exec(text) ?? [];
  const escaped = value.replace(/[\\,+"<>;=]|^[ #]| $|[\0\n\r]/g, (char) =>
    /[\0\n\r]/.test(char) ? `\\${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}` : `\\${char}`,
  );
  return type + escaped;
}

export const directoryFunctions: FunctionTable = {
  CRef: define('text', 'reference', ([dn]) => (asText(dn) === '' ? null : new Reference({ dn: asText(dn) }))),
  DNComponent: define('reference number', 'string', ([dn, number]) => component(dn, asNumber(number), false, false)),
  DNComponentRev: define('reference number any?:DC', 'string', ([dn, number, option]) =>
    component(dn, asNumber(number), true, option === 'DC'),
  ),
  EscapeDNComponent: define('text', 'string', ([text]) => escapeComponent(asText(text))),
};
