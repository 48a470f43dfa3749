import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const workflows = readdirSync(new URL('.github/workflows/', root)).map((name) => `.github/workflows/${name}`);
const pipelines = [...workflows, 'azure-pipelines.yml', 'azure.yaml'];

describe('the pipelines', () => {
  it.each(pipelines)('%s is YAML and has no secret', (path) => {
    expect(parse(read(path))).toBeTypeOf('object');
    expect(read(path)).not.toMatch(/secrets\.|client-secret|password/i);
  });

  it.each(workflows)('%s pins every action by the hash of its commit, and says of which version', (path) => {
    const uses = [...read(path).matchAll(/uses: (\S+)(.*)/g)];
    expect(uses.length).toBeGreaterThan(0);
    for (const [, action, comment] of uses) {
      expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
      expect(comment).toMatch(/# v\d+\.\d+\.\d+/);
    }
  });

  it('run hooks that there are, on Windows as elsewhere', () => {
    const { hooks } = parse(read('azure.yaml')) as {
      readonly hooks: Readonly<Record<string, Readonly<Record<'posix' | 'windows', { readonly run: string }>>>>;
    };
    for (const [name, { posix, windows }] of Object.entries(hooks)) {
      expect(posix.run).toBe(`npm run --silent hook -- ${name}`);
      expect(windows.run).toBe(posix.run);
      expect(read('infra/hooks/main.ts')).toContain(`case '${name}':`);
    }
  });
});
