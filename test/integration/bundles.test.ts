import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { describe, expect, it } from 'vitest';

const bundle = (path: string): string => readFileSync(new URL(`../../dist/${path}`, import.meta.url), 'utf8');

/** Modules that a bundle asks for and does not bring, beside Node's own. */
function missingIn(text: string): readonly string[] {
  const asked = [...text.matchAll(/\b(?:require|import)\(\s*["']([^"']+)["']\s*\)/g)].map(([, name]) => name ?? '');
  // Paths are what comments of the libraries speak of.
  return [...new Set(asked)].filter((name) => !isBuiltin(name) && !name.startsWith('.')).sort();
}

describe('what is deployed', () => {
  it.each([
    // ws would take the first and the last, where somebody had installed it, and does without; kerberos is the operator's to bring, for sign-in by it.
    ['onprem-relay/main.cjs', ['bufferutil', 'kerberos', 'utf-8-validate']],
    // Given by the Functions host.
    ['functions/main.cjs', ['@azure/functions-core']],
  ])('%s runs on Node alone, without native code, on any operating system', (path, expected) => {
    const text = bundle(path);
    expect(missingIn(text)).toEqual(expected);
    expect(text).not.toMatch(/\bprocess\.dlopen\b|["'`][^"'`\n]*\.node["'`]\s*\)/);
  });
});
