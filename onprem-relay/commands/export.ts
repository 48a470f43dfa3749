import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { definitionsByName } from '../../shared/directory/canonical.ts';
import type { DirectoryChange } from '../../shared/directory/change.ts';
import { ldifRecord, objectRecord } from '../../shared/directory/ldif/write-ldif.ts';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import type { DirectoryDescription, DirectorySource } from '../directory/directory-source.ts';
import { readConnectors, type ConnectorSettings } from '../settings/read-settings.ts';
import { exitCodes, type CommandContext, type ExitCode, type Terminal } from './command.ts';
import { openSource } from './open-source.ts';

/** Writes what the relay reads of one directory as LDIF, for `lockstep explain` and the like. There are no secrets in it. */
export async function exportLdif(context: CommandContext): Promise<ExitCode> {
  const { args, environment, options, signal, terminal } = context;
  const source = await sourceOf(readConnectors(args, environment), options['of'], signal);
  try {
    const out = options['out'];
    const write = (to: Writable): Promise<Exported> => exportDirectory(source, to, signal, terminal);
    const { objects, leftOut } = await (out === undefined ? write(process.stdout) : intoFile(out, write));
    terminal.note(`${objects} objects.${leftOut === 0 ? '' : ` ${leftOut} references lead out of what is read.`}`);
    return exitCodes.fine;
  } finally {
    await source.close();
  }
}

/** The directory that is meant; without a name, the only one. */
async function sourceOf(
  connectors: readonly ConnectorSettings[],
  name: string | undefined,
  signal: AbortSignal,
): Promise<DirectorySource> {
  for (const { directory, connector } of connectors) {
    // To look at a directory changes nothing in it.
    const source = openSource(directory.kind === 'ldap' ? { ...directory, writeAnchors: false } : directory);
    if (name === undefined && connectors.length === 1) return source;
    try {
      if (name !== undefined && name === (connector ?? (await source.describe(signal)).connector)) return source;
    } catch (error) {
      await source.close();
      throw error;
    }
    await source.close();
  }
  throw new LockstepError(
    'LS1001',
    name === undefined
      ? 'The relay reads several directories: --of has to name one of them.'
      : `The relay reads no directory with the name ${name}.`,
    { object: '--of' },
  );
}

interface Exported {
  readonly objects: number;
  /** References and links to what is not part of the export. */
  readonly leftOut: number;
}

/** Under another name until it is complete: half an export looks like a directory with half of its objects. */
async function intoFile(path: string, write: (to: Writable) => Promise<Exported>): Promise<Exported> {
  const unfinished = `${path}.unfinished`;
  const file: WriteStream = createWriteStream(unfinished, { mode: 0o600 });
  try {
    await once(file, 'open');
    const result = await write(file);
    file.end();
    await once(file, 'finish');
    await rename(unfinished, path);
    return result;
  } catch (error) {
    file.destroy();
    await rm(unfinished, { force: true });
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    throw new LockstepError('LS1002', `The file cannot be written: ${error.message}.`, { object: path, cause: error });
  }
}

type Present = Extract<DirectoryChange, { kind: 'present' }>;
type Whole = Present & Required<Pick<Present, 'objectClass' | 'dn'>>;

/** The names of all objects, and all links: a server may show links apart from the object that has them. */
interface Survey {
  readonly names: ReadonlyMap<string, string>;
  /** Object, attribute, targets. */
  readonly links: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
}

/** Reads twice: LDIF names objects by DN, and those are not all known before the end. */
async function exportDirectory(
  source: DirectorySource,
  to: Writable,
  signal: AbortSignal,
  terminal: Terminal,
): Promise<Exported> {
  const description = await source.describe(signal);
  const survey = await surveyOf(source, signal);
  await put(to, head(description));
  let objects = 0;
  let leftOut = 0;
  for await (const { changes } of source.fullRead(signal)) {
    for (const change of changes) {
      if (!isWhole(change)) continue;
      const { text, missing } = recordOf(change, survey);
      objects += 1;
      if (objects % 500 === 0) terminal.progress(`${objects} of ${survey.names.size} objects`);
      leftOut += missing;
      await put(to, text);
    }
  }
  return { objects, leftOut };
}

async function surveyOf(source: DirectorySource, signal: AbortSignal): Promise<Survey> {
  const names = new Map<string, string>();
  const links = new Map<string, Map<string, string[]>>();
  for await (const { changes } of source.fullRead(signal)) {
    for (const change of changes) {
      if (change.kind !== 'present') continue;
      if (change.dn !== undefined) names.set(change.objectGuid, change.dn);
      for (const { attribute, added } of change.links) {
        const own = links.get(change.objectGuid) ?? new Map<string, string[]>();
        links.set(change.objectGuid, own);
        const targets = own.get(attribute);
        if (targets === undefined) own.set(attribute, [...added]);
        else for (const target of added) targets.push(target);
      }
    }
  }
  return { names, links };
}

/** What tells the reader of the file which domain it is: its root, and the entry that has the short name. */
function head({ domain: { namingContext, netbios } }: DirectoryDescription): string {
  const root = ldifRecord(namingContext, [
    ['objectClass', 'top'],
    ['objectClass', 'domain'],
    ['objectClass', 'domainDNS'],
  ]);
  if (netbios === undefined) return `version: 1\n\n${root}`;
  const reference = ldifRecord(`CN=${netbios},CN=Partitions,CN=Configuration,${namingContext}`, [
    ['objectClass', 'top'],
    ['objectClass', 'crossRef'],
    ['nETBIOSName', netbios],
  ]);
  return `version: 1\n\n${root}${reference}`;
}

function recordOf(change: Whole, { names, links }: Survey): { readonly text: string; readonly missing: number } {
  let missing = 0;
  const named = (targets: readonly string[]): string[] =>
    targets.flatMap((target) => {
      const dn = names.get(target);
      if (dn === undefined) missing += 1;
      return dn ?? [];
    });
  const values: Record<string, readonly string[]> = {};
  for (const [name, canonical] of Object.entries(change.attributes)) {
    const isReference = definitionsByName.get(name.toLowerCase())?.syntax === 'reference';
    values[name] = isReference ? named(canonical) : canonical;
  }
  for (const [name, targets] of links.get(change.objectGuid) ?? []) values[name] = named(targets);
  const { objectGuid, objectClass, dn } = change;
  return { text: objectRecord({ objectGuid, objectClass, dn, values }), missing };
}

function isWhole(change: DirectoryChange): change is Whole {
  return change.kind === 'present' && change.whole && change.objectClass !== undefined && change.dn !== undefined;
}

async function put(to: Writable, text: string): Promise<void> {
  if (!to.write(text)) await once(to, 'drain');
}
