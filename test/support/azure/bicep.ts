import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What to say where there is no compiler. */
export const howToGetBicep =
  'There is no Bicep compiler: install it as "bicep", or the .NET SDK, with which "dotnet restore infra/compiler/compiler.csproj" brings it.';

/** The Bicep compiler: of the PATH, or the package that infra/compiler names, which is restored when it is not there. */
export function bicepCompiler(): string | undefined {
  if (spawnSync('bicep', ['--version']).status === 0) return 'bicep';
  const project = readFileSync(`${root}infra/compiler/compiler.csproj`, 'utf8');
  const version = /Include="Azure\.Bicep\.CommandLine\.linux-x64"\s+Version="([^"]+)"/.exec(project)?.[1] ?? '';
  const program = `${root}.lockstep/nuget/azure.bicep.commandline.linux-x64/${version}/tools/bicep`;
  if (!existsSync(program)) {
    if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
    const restored = spawnSync('dotnet', ['restore', `${root}infra/compiler/compiler.csproj`], { encoding: 'utf8' });
    if (restored.status !== 0 || !existsSync(program)) return undefined;
  }
  // NuGet packages carry no permissions.
  chmodSync(program, 0o755);
  return program;
}

/** Runs the compiler; gives what it printed, and what it complained of. */
export function runBicep(
  compiler: string,
  ...args: readonly string[]
): { readonly ok: boolean; readonly out: string; readonly complaints: string } {
  const { status, stdout, stderr } = spawnSync(compiler, [...args], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  return { ok: status === 0, out: stdout, complaints: stderr.trim() };
}

/** A template as the compiler writes it. */
export function compiled(compiler: string, file: string): Template {
  return JSON.parse(
    execFileSync(compiler, ['build', file, '--stdout'], { encoding: 'utf8', maxBuffer: 2 ** 26 }),
  ) as Template;
}

export interface Resource {
  readonly type: string;
  readonly name?: string;
  readonly apiVersion?: string;
  /** Only named, not made. */
  readonly existing?: boolean;
  readonly properties?: Readonly<Record<string, unknown>> & { readonly template?: Template };
  readonly [key: string]: unknown;
}
export interface Template {
  readonly resources: readonly Resource[] | Readonly<Record<string, Resource>>;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** Every resource that a template makes, those of its modules with it. */
export function resourcesOf({ resources }: Template): readonly Resource[] {
  const own = Array.isArray(resources) ? (resources as readonly Resource[]) : Object.values(resources);
  return own
    .filter(({ existing }) => existing !== true)
    .flatMap((resource) => [
      resource,
      ...(resource.properties?.template === undefined ? [] : resourcesOf(resource.properties.template)),
    ]);
}
