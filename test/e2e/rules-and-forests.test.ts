import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GraphSimulator } from '../sandbox/graph/simulator.ts';
import { startGraphSimulator } from '../sandbox/graph/simulator.ts';
import { runSandbox } from '../support/run-sandbox.ts';
import { temporaryFolder } from '../support/sandbox.ts';

async function tenant(): Promise<GraphSimulator> {
  const domains = [{ id: 'contoso.onmicrosoft.com', isInitial: true }, { id: 'contoso.test' }, { id: 'resource.test' }];
  const simulator = await startGraphSimulator({ throttling: 'off', tenant: { domains } });
  onTestFinished(() => simulator.stop());
  return simulator;
}

/** Binary form of `S-1-5-21-9-9-9-1` in base64. */
const accountSid = 'AQUAAAAAAAUVAAAACQAAAAkAAAAJAAAAAQAAAA==';

const forest = (domain: string, entries: string): string => {
  const base = domain
    .split('.')
    .map((label) => `DC=${label}`)
    .join(',');
  return `version: 1

dn: ${base}
objectClass: domainDNS
objectGUID:: ${Buffer.from(domain.padEnd(16, '.').slice(0, 16)).toString('base64')}

${entries.replaceAll('{base}', base)}`;
};

const accounts = forest(
  'contoso.test',
  `dn: CN=Anna,{base}
objectClass: user
objectGUID:: AAAAAAAAAAAAAAAAAAAAAQ==
objectSid:: ${accountSid}
sAMAccountName: anna
userPrincipalName: anna@contoso.test
userAccountControl: 512
displayName: Anna
department: Account
`,
);
const mailboxes = forest(
  'resource.test',
  `dn: CN=Anna Muster,{base}
objectClass: user
objectGUID:: AAAAAAAAAAAAAAAAAAAAAg==
msExchMasterAccountSid:: ${accountSid}
sAMAccountName: annamail
userPrincipalName: annamail@resource.test
userAccountControl: 514
msExchRecipientTypeDetails: 2
mailNickname: anna
displayName: Anna Muster
department: Mailbox
`,
);

const rules = `builtIn: { userMatching: objectSid }
rules:
  - id: loud-departments
    name: In from AD - Loud departments
    direction: inbound
    connector: activeDirectory
    sourceType: user
    targetType: person
    linkType: Join
    precedence: 10
    flows:
      - { target: department, expression: 'UCase([department])' }
`;

/** A folder with two forests and rules of one's own. */
function files(rulesText = rules): { readonly a: string; readonly b: string; readonly rules: string } {
  const folder = temporaryFolder();
  const [a, b, own] = [join(folder, 'a.ldif'), join(folder, 'b.ldif'), join(folder, 'rules')];
  mkdirSync(own);
  writeFileSync(a, accounts);
  writeFileSync(b, mailboxes);
  writeFileSync(join(own, 'rules.yaml'), rulesText);
  return { a, b, rules: own };
}

describe('npm start with several directories and rules of its own', () => {
  it('makes one user of a person with an account in one forest and a mailbox in the other, by those rules', async () => {
    const simulator = await tenant();
    const { a, b, rules: own } = files();
    const run = await runSandbox([
      ...['--once', '--data', temporaryFolder(), '--directory', a, '--directory', b, '--rules', own],
      ...['--graph', simulator.serviceRoot],
    ]);
    expect(run).toMatchObject({ code: 0, result: { inStep: true, errors: [], objects: { read: 2, inEntra: 1 } } });
    const [user, ...others] = simulator.snapshot().users;
    expect(others).toEqual([]);
    expect(user?.properties).toMatchObject({
      userPrincipalName: 'anna@contoso.test',
      displayName: 'Anna Muster',
      accountEnabled: true,
    });
    // Both accounts have one of the departments; the rule takes that of the forest that was named first.
    expect(user?.properties['department']).toBe('ACCOUNT');
  });

  it('keeps people of two forests apart by the built-in rules', async () => {
    const simulator = await tenant();
    const { a, b } = files();
    const run = await runSandbox([
      ...['--once', '--data', temporaryFolder(), '--directory', a, '--directory', b],
      ...['--graph', simulator.serviceRoot],
    ]);
    expect(run.code).toBe(0);
    // The linked mailbox by itself is nobody for Entra.
    expect(simulator.snapshot().users.map(({ properties }) => properties['displayName'])).toEqual(['Anna']);
  });

  it('refuses rules with a mistake, says all of them, and writes nothing', async () => {
    const simulator = await tenant();
    const { a, rules: own } = files(rules.replace('UCase', 'UCas').replace('target: department', 'target: departmnt'));
    const run = await runSandbox([
      ...['--once', '--data', temporaryFolder(), '--directory', a, '--rules', own],
      ...['--graph', simulator.serviceRoot],
    ]);
    expect(run).toMatchObject({ code: 2, result: { inStep: false, errors: [{ code: 'LS1001' }] } });
    expect(run.stderr).toContain('Did you mean "department"?');
    expect(simulator.usage.writes).toBe(0);
  });

  it('refuses to read one directory twice', async () => {
    const { a } = files();
    const run = await runSandbox(['--once', '--data', temporaryFolder(), '--directory', a, '--directory', a]);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('names the same directory twice');
  });
});
