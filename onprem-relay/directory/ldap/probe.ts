import { FilterParser, PagedResultsControl } from 'ldapts';
import { anchorAttribute } from './anchor-writer.ts';
import { sidFromBytes } from '../../../shared/directory/sid.ts';
import { isLockstepError, type LockstepError } from '../../../shared/errors/lockstep-error.ts';
import type { Finding } from '../finding.ts';
import type { LdapConnection } from './connection.ts';
import { changeNotification, showDeleted } from './controls.ts';
import { dirSync } from './dir-sync.ts';
import { textOf, readEntry } from './entry.ts';
import { LdapResultError, searchError } from './ldap-errors.ts';
import { anyObject, readDatabase, readRootDse } from './server-facts.ts';
import { Sessions, type Session, type SessionOptions } from './session.ts';
import { addressText } from './transport.ts';

export interface ProbeOptions extends SessionOptions {
  readonly now: () => Date;
  readonly writeAnchors?: boolean | undefined;
}

/** Kerberos gives up beyond that, and so does whoever compares logs. */
const toleratedSkewMs = 300_000;

/** Tries everything that reading a directory needs, one by one, and says what the account can and cannot do. */
export async function* probeDirectory(options: ProbeOptions, signal: AbortSignal): AsyncGenerator<Finding, void> {
  const addresses = await options.controllers.addresses(signal).catch((error: unknown) => known(error));
  if (isLockstepError(addresses)) {
    yield problem('domain controllers', addresses);
    return;
  }
  let usable: Session | undefined;
  for (const address of addresses) {
    const check = `reach ${addressText(address)}`;
    const one = { label: options.controllers.label, addresses: () => Promise.resolve([address]) };
    const sessions = new Sessions({ ...options, controllers: one });
    try {
      const session = await sessions.current(signal);
      yield { check, outcome: 'ok', text: `connected, secured and signed in; it serves ${session.namingContext}` };
      if (usable === undefined) usable = session;
      else sessions.close();
    } catch (error) {
      const failure = known(error);
      yield problem(check, failure);
      // Another try with a wrong password brings the account nearer to being locked.
      if (failure.code === 'LS1102') break;
    }
  }
  if (usable === undefined) return;
  try {
    yield await checkClock(usable, options.now());
    yield await checkChanges(usable);
    yield await checkDeletions(usable);
    yield await checkForeign(usable);
    yield await checkDatabase(usable);
    yield await checkNotification(usable, options, signal);
    if (options.writeAnchors === true) yield await checkAnchors(usable);
    yield await checkExcess(usable);
  } finally {
    usable.connection.close();
  }
}

async function checkClock({ connection }: Session, now: Date): Promise<Finding> {
  const check = 'clock';
  const [entry] = await connection.searchAll({
    baseDn: '',
    scope: 'base',
    filter: anyObject(),
    attributes: ['currentTime'],
  });
  const text = entry === undefined ? undefined : textOf(readEntry(entry, false), 'currentTime');
  const fields = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/
    .exec(text ?? '')
    ?.slice(1)
    .map(Number);
  if (fields === undefined) return { check, outcome: 'warning', text: 'the server does not tell its time' };
  const [year = 0, month = 1, ...rest] = fields;
  const skew = Date.UTC(year, month - 1, ...(rest as [number, number, number, number])) - now.getTime();
  if (Math.abs(skew) <= toleratedSkewMs) return { check, outcome: 'ok', text: 'agrees with that of the server' };
  return {
    check,
    outcome: 'warning',
    text: `differs from that of the server by ${Math.round(skew / 60_000)} minutes`,
    remedy: 'Let both machines take the time from one source.',
  };
}

async function checkChanges({ connection, namingContext }: Session): Promise<Finding> {
  const check = 'read changes';
  const items = dirSync(connection, namingContext, Buffer.alloc(0));
  try {
    const first = await items.next();
    if (first.done !== true && 'entry' in first.value) {
      return { check, outcome: 'ok', text: 'DirSync answers and shows objects' };
    }
    return {
      check,
      outcome: 'problem',
      code: 'LS1107',
      text: 'DirSync answers, and shows no object at all',
      remedy: 'Let the account read users, groups and contacts of the domain.',
    };
  } catch (error) {
    return problem(check, known(error, namingContext));
  } finally {
    await items.return();
  }
}

/** Deletions are seen as such only by accounts that see the container of deleted objects. */
async function checkDeletions({ connection, namingContext }: Session): Promise<Finding> {
  const check = 'see deletions';
  const blind: Finding = {
    check,
    outcome: 'problem',
    text: 'the account does not see the container of deleted objects: deletions would be missed until the next full read',
    remedy: `Grant List Contents and Read Property: dsacls "CN=Deleted Objects,${namingContext}" /G DOMAIN\\account:LCRP`,
  };
  try {
    const found = await connection.searchAll({
      baseDn: `CN=Deleted Objects,${namingContext}`,
      scope: 'base',
      filter: anyObject(),
      attributes: ['objectGUID'],
      controls: [showDeleted()],
    });
    // Samba shows the container's name to everybody; its properties only to those who may read them.
    const [container] = found;
    const visible = container !== undefined && readEntry(container, false).attributes.has('objectguid');
    return !visible ? blind : { check, outcome: 'ok', text: 'the container of deleted objects can be read' };
  } catch (error) {
    if (error instanceof LdapResultError) return blind;
    throw error;
  }
}

/** Members from other forests are known by their SIDs only, and those are not for everybody to read. */
async function checkForeign({ connection, namingContext }: Session): Promise<Finding> {
  const check = 'see members of other forests';
  const container = `CN=ForeignSecurityPrincipals,${namingContext}`;
  try {
    const found = await connection.searchAll({
      baseDn: container,
      scope: 'one',
      filter: anyObject(),
      attributes: ['objectSid'],
    });
    const hidden = found.filter((entry) => !readEntry(entry, false).attributes.has('objectsid')).length;
    if (hidden === 0) return { check, outcome: 'ok', text: 'the foreign security principals can be read' };
    return {
      check,
      outcome: 'warning',
      text: `${hidden} of ${found.length} foreign security principals cannot be read: such members would be missing from their groups`,
      remedy: `Grant Read Property: dsacls "${container}" /I:S /G "DOMAIN\\account:RP;;foreignSecurityPrincipal"`,
    };
  } catch (error) {
    return problem(check, known(error, namingContext));
  }
}

async function checkDatabase({ connection }: Session): Promise<Finding> {
  const check = 'notice a restored server';
  const database = await readDatabase(connection, await readRootDse(connection));
  if (database !== undefined) return { check, outcome: 'ok', text: 'the identity of its database can be read' };
  return {
    check,
    outcome: 'warning',
    text: 'the account may not read which database the server has: one that is set back would not be noticed',
    remedy: "Let the account read the server's NTDS Settings below CN=Sites in the configuration.",
  };
}

/** The directory works out what an account may write of an object (MS-ADTS 3.1.1.4.5.24). */
async function checkAnchors({ connection, namingContext }: Session): Promise<Finding> {
  const check = 'write anchors';
  const [user] = await connection.searchAll({
    baseDn: namingContext,
    scope: 'sub',
    filter: FilterParser.parseString('(&(objectClass=user)(!(objectClass=computer))(!(isCriticalSystemObject=TRUE)))'),
    attributes: ['allowedAttributesEffective'],
    controls: [new PagedResultsControl({ value: { size: 1 } })],
  });
  if (user === undefined) return { check, outcome: 'warning', text: 'there is no user by whom to tell' };
  const allowed = readEntry(user, false).attributes.get('allowedattributeseffective')?.whole ?? [];
  if (allowed.some((name) => name.toString('utf8').toLowerCase() === anchorAttribute.toLowerCase()))
    return { check, outcome: 'ok', text: `the account may write ${anchorAttribute}` };
  return {
    check,
    outcome: 'problem',
    code: 'LS1114',
    text: `the account may not write ${anchorAttribute}`,
    remedy: `Grant Write Property: dsacls "${namingContext}" /I:S /G "DOMAIN\\account:WP;${anchorAttribute};user"`,
  };
}

async function checkNotification(session: Session, options: SessionOptions, signal: AbortSignal): Promise<Finding> {
  const check = 'be notified';
  const polls = 'the relay will ask every few seconds instead';
  const sessions = new Sessions({
    ...options,
    controllers: { label: '', addresses: () => Promise.resolve([session.address]) },
  });
  try {
    const { connection } = await sessions.current(signal);
    const standing = connection.search({
      baseDn: session.namingContext,
      scope: 'sub',
      filter: anyObject(),
      attributes: ['objectGUID'],
      controls: [changeNotification(), showDeleted()],
      silenceMs: null,
    });
    // A refusal comes at once; silence is what a standing search is like.
    const refused = standing.next().then(
      () => undefined,
      (error: unknown) => error,
    );
    await readRootDse(session.connection);
    const answer = await Promise.race([refused, grace(connection)]);
    if (answer instanceof LdapResultError)
      return { check, outcome: 'warning', text: `refused (result code ${answer.resultCode}): ${polls}` };
    return { check, outcome: 'ok', text: 'the server accepts a standing search' };
  } finally {
    sessions.close();
  }
}

/** A round trip on the connection behind the standing search: its answer comes after a refusal would have. */
async function grace(connection: LdapConnection): Promise<undefined> {
  await readRootDse(connection);
  return undefined;
}

/** Administrators by relative id (MS-DTYP 2.4.2.4): domain, schema, enterprise, and the built-in group. */
const administrators = /-(512|518|519)$|^S-1-5-32-544$/;

async function checkExcess({ connection }: Session): Promise<Finding> {
  const check = 'least privilege';
  // Of whoever is signed in, transitive (MS-ADTS 3.1.1.3.2, rootDSE).
  const [root] = await connection.searchAll({
    baseDn: '',
    scope: 'base',
    filter: anyObject(),
    attributes: ['tokenGroups'],
  });
  const groups = root && readEntry(root, false).attributes.get('tokengroups')?.whole;
  if (groups === undefined) {
    return { check, outcome: 'warning', text: 'the groups of the account cannot be read' };
  }
  const high = groups.map((sid) => sidFromBytes(sid)).filter((sid) => administrators.test(sid));
  if (high.length === 0) return { check, outcome: 'ok', text: 'the account is in no administrative group' };
  return {
    check,
    outcome: 'warning',
    text: `the account is in administrative groups (${high.join(', ')}), which the relay does not need`,
    remedy: 'Use an account of its own; docs/Reference/permissions.md lists what it needs.',
  };
}

function problem(check: string, { code, message, remedy }: LockstepError): Finding {
  return { check, outcome: 'problem', code, text: message, remedy };
}

/** The error as an operator knows it; a fault of our own is thrown on. */
function known(error: unknown, object = 'the directory'): LockstepError {
  if (isLockstepError(error)) return error;
  if (error instanceof LdapResultError) return searchError(error, object);
  throw error;
}
