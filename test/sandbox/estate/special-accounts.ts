import type { EstateEntry, Numbers, Values } from './entries.ts';
import { account, base, domain, entry, uac } from './entries.ts';
import { childDn } from './distinguished-name.ts';
import { guidBytes, guidText, sidBytes } from './identifiers.ts';
import { peopleOu } from './people.ts';

export const usersContainer: string = childDn('CN', 'Users', base);
export const serviceOu: string = childDn('OU', 'Service Accounts', base);
export const contactsOu: string = childDn('OU', 'Contacts', base);
const computersContainer = childDn('CN', 'Computers', base);
const controllersOu = childDn('OU', 'Domain Controllers', base);
const frontDeskOu = childDn('OU', 'Front Desk', peopleOu);

const upn = (name: string): string => `${name}@${domain}`;

/** Accounts that every domain has; isCriticalSystemObject keeps them out of synchronisation. */
export function builtInAccounts(numbers: Numbers): EstateEntry[] {
  const critical = (name: string, rid: number, values: Values): EstateEntry =>
    account('user', name, usersContainer, numbers, {
      objectSid: sidBytes(rid),
      sAMAccountName: name,
      isCriticalSystemObject: 'TRUE',
      ...values,
    });
  return [
    critical('Administrator', 500, {
      description: 'Built-in account for administering the computer/domain',
      userAccountControl: String(uac.neverExpires),
      adminCount: '1',
    }),
    critical('Guest', 501, {
      description: 'Built-in account for guest access to the computer/domain',
      userAccountControl: String(0x10222),
      primaryGroupID: '514',
    }),
    critical('krbtgt', 502, {
      description: 'Key Distribution Center Service Account',
      userAccountControl: String(uac.disabled),
      showInAdvancedViewOnly: 'TRUE',
      adminCount: '1',
    }),
  ];
}

/** Names whose DN needs escapes (RFC 4514 section 2.4), a pair with one mail address, and an inetOrgPerson. */
export function awkwardPeople(numbers: Numbers): EstateEntry[] {
  const person = (cn: string, signIn: string, values: Values = {}, comment?: string): EstateEntry =>
    account(
      'user',
      cn,
      frontDeskOu,
      numbers,
      {
        displayName: cn.trim(),
        sAMAccountName: signIn,
        userPrincipalName: upn(signIn),
        department: 'Front Desk',
        company: 'Contoso',
        ...values,
      },
      comment,
    );
  return [
    entry('organizationalUnit', 'Front Desk', peopleOu, numbers, { description: 'Names that need escaping in a DN' }),
    person('Berger, Anna-Lena', 'fd.comma', { sn: 'Berger', givenName: 'Anna-Lena' }, 'A comma in the name.'),
    person('Day + Night Desk', 'fd.plus'),
    person('Michael "Mick" Doyle', 'fd.quote', { sn: 'Doyle', givenName: 'Michael' }),
    person('#1 Reception', 'fd.hash'),
    person('LEGACY\\desk', 'fd.backslash'),
    person('Visitor Desk ', 'fd.blank', {}, 'The name ends in a blank.'),
    person('East; <West> = Lobby', 'fd.signs'),
    person('Robin Kessler', 'robin.kessler', { mail: upn('r.kessler') }, 'This and the next have one mail address.'),
    person('Rowan Kessler', 'rowan.kessler', { mail: upn('r.kessler') }),
    account('inetOrgPerson', 'Ida Nyström', frontDeskOu, numbers, {
      sn: 'Nyström',
      givenName: 'Ida',
      displayName: 'Ida Nyström',
      sAMAccountName: 'ida.nystroem',
      userPrincipalName: upn('ida.nystroem'),
      mail: upn('ida.nystroem'),
      department: 'Front Desk',
    }),
  ];
}

/** The loser of a replication conflict: its RDN value ends in LF, `CNF:` and its own GUID (MS-ADTS 3.1.1.5.1.4). */
export function conflictObject(numbers: Numbers): EstateEntry {
  const guid = guidBytes('conflict object');
  return account(
    'user',
    `Lena Vogt\nCNF:${guidText(guid)}`,
    frontDeskOu,
    numbers,
    {
      displayName: 'Lena Vogt',
      sAMAccountName: '$DUPLICATE-4fc',
      objectGUID: guid,
    },
    'The loser of a replication conflict.',
  );
}

export function serviceAccounts(numbers: Numbers): EstateEntry[] {
  const service = (name: string, parent: string, values: Values): EstateEntry =>
    account('user', name, parent, numbers, {
      sAMAccountName: name,
      userAccountControl: String(uac.neverExpires),
      ...values,
    });
  const own = ['backup', 'sql', 'scan', 'web', 'print', 'monitor', 'mail', 'build'].map((name) =>
    service(`svc-${name}`, serviceOu, {
      displayName: `Service ${name}`,
      userPrincipalName: upn(`svc-${name}`),
      description: `Service account of ${name}`,
      servicePrincipalName: name === 'sql' ? ['MSSQLSvc/sql01.contoso.test:1433', 'MSSQLSvc/sql01:1433'] : undefined,
    }),
  );
  const sync = ['MSOL_5d1f0c9be27a', 'AAD_7c20be4411f9'].map((name) =>
    service(name, usersContainer, { description: 'Account of a synchronisation service' }),
  );
  return [
    entry('organizationalUnit', 'Service Accounts', base, numbers, {}),
    ...own,
    ...sync,
    service('Written Back', serviceOu, {
      sAMAccountName: 'written-back',
      userAccountControl: String(uac.disabled),
      adminDescription: 'User_0f6f3c0d-6f0e-4c55-9a0e-6f4a7f4b1c11',
    }),
    service('SystemMailbox{1f05a927}', usersContainer, {
      sAMAccountName: 'SM_5b9d1f05a9274c11',
      userAccountControl: String(uac.disabled),
      mailNickname: 'SystemMailbox{1f05a927}',
      msExchRecipientTypeDetails: '8388608',
    }),
  ];
}

export function contacts(numbers: Numbers): EstateEntry[] {
  const partners = ['Adatum', 'Fabrikam', 'Litware', 'Northwind', 'Proseware', 'Tailspin'];
  return [
    entry('organizationalUnit', 'Contacts', base, numbers, {}),
    ...partners.flatMap((partner, index) =>
      ['Purchasing', 'Support'].map((desk) => {
        const mail = `${desk.toLowerCase()}@${partner.toLowerCase()}.example`;
        return entry('contact', `${partner} ${desk}`, contactsOu, numbers, {
          displayName: `${partner} ${desk}`,
          company: partner,
          mail,
          targetAddress: `SMTP:${mail}`,
          proxyAddresses: `SMTP:${mail}`,
          // Security principals may have one value only (MS-SAMR 3.1.1.6); contacts may have more.
          description: index === 0 ? ['Partner since 2009', 'Orders by the fax machine', 'Büro: Graz'] : undefined,
        });
      }),
    ),
  ];
}

export function computers(numbers: Numbers): EstateEntry[] {
  const workstations = Array.from({ length: 6 }, (_, index) => `WS-${String(1001 + index)}`);
  const computer = (name: string, parent: string, values: Values): EstateEntry =>
    account('computer', name, parent, numbers, {
      sAMAccountName: `${name}$`,
      dNSHostName: `${name.toLowerCase()}.${domain}`,
      operatingSystem: 'Windows 11 Enterprise',
      ...values,
    });
  return [
    ...workstations.map((name) =>
      computer(name, computersContainer, {
        userAccountControl: String(uac.workstation),
        isCriticalSystemObject: 'FALSE',
      }),
    ),
    computer('DC01', controllersOu, {
      userAccountControl: String(uac.domainController),
      operatingSystem: 'Windows Server 2022 Standard',
      primaryGroupID: '516',
      isCriticalSystemObject: 'TRUE',
    }),
  ];
}
