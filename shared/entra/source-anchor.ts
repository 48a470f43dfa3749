import { guidOfSourceAnchor } from '../engine/anchor.ts';

/**
 * Why Entra cannot take the text as a source anchor; `undefined` when it can. The rules are those for an anchor from an
 * attribute of one's own: fewer than 60 characters, where every character but letters and digits counts three, and none
 * of a list of signs ("Design concepts" of Entra Connect, sourceAnchor). The base64 of a GUID is always fine.
 */
export function anchorViolation(sourceAnchor: string): string | undefined {
  if (guidOfSourceAnchor(sourceAnchor) !== undefined) return undefined;
  const refused = /[\\!#$%&*+/=?^`{}|~<>()';:,[\]"@_]/.exec(withoutPadding(sourceAnchor))?.[0];
  if (refused !== undefined) return `it contains "${refused}"`;
  const length = Array.from(sourceAnchor).reduce((sum, char) => sum + (/[A-Za-z0-9]/.test(char) ? 1 : 3), 0);
  return length < 60 ? undefined : `it has ${length} characters as Entra counts them, and fewer than 60 are allowed`;
}

/** Anchors from binary attributes are base64, whose own signs Entra takes. */
function withoutPadding(text: string): string {
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
  return isBase64 ? text.replace(/[+/=]/g, '') : text;
}
