import { guidFromBytes } from '../../shared/directory/guid.ts';
import type { DirectoryObject } from '../../shared/directory/object.ts';

const givenNames = ['Adele', 'Bruno', 'Chidi', 'Dana', 'Émile', 'Fumiko', 'Grete', 'Hamza', 'Ines', 'Jonas'];
const surnames = ['Adler', 'Brennan', 'Castellanos', 'Diallo', 'Eriksson', 'Fontaine', 'Garcia', 'Hoffmann'];
const departments = ['Finance', 'Human Resources', 'Research & Development', 'Sales EMEA', 'Facilities'];

/** An enabled user with a mailbox and thirty attributes, as the intake stores it. The same for the same number. */
export function person(number: number): DirectoryObject {
  const [given, surname] = [pick(givenNames, number), pick(surnames, number >> 3)];
  const department = pick(departments, number >> 1);
  const account = `${given}.${surname}${number}`
    .toLowerCase()
    .normalize('NFD')
    .replace(/[^a-z.0-9]/g, '');
  const name = `${surname}, ${given} (${number})`;
  return {
    objectGuid: guidOf(number),
    objectClass: 'user',
    dn: `CN=${name.replace(',', '\\,')},OU=${department},OU=Berlin,OU=Staff,DC=contoso,DC=test`,
    attributes: {
      name: [name],
      displayName: [name],
      givenName: [given],
      sn: [surname],
      initials: [given.slice(0, 1)],
      sAMAccountName: [account.slice(0, 20)],
      userPrincipalName: [`${account}@contoso.test`],
      userAccountControl: ['512'],
      pwdLastSet: [String(133_000_000_000_000_000n + BigInt(number) * 10_000_000n)],
      objectSid: [`S-1-5-21-3623811015-3361044348-30300820-${10_000 + number}`],
      mail: [`${account}@contoso.test`],
      mailNickname: [account],
      proxyAddresses: [
        `SMTP:${account}@contoso.test`,
        `smtp:${account}@fabrikam.test`,
        `x500:/o=Contoso/cn=${account}`,
      ],
      legacyExchangeDN: [`/o=Contoso/ou=Exchange Administrative Group/cn=Recipients/cn=${account}`],
      msExchRecipientTypeDetails: ['2147483648'],
      msExchMailboxGuid: [guidOf(number + 1_000_000)],
      title: ['Senior Programme Manager'],
      department: [department],
      company: ['Contoso GmbH'],
      description: [`${department}, second floor`],
      physicalDeliveryOfficeName: [`B2/${number % 400}`],
      streetAddress: ['Unter den Linden 77'],
      l: ['Berlin'],
      postalCode: ['10117'],
      co: ['Germany'],
      c: ['DE'],
      telephoneNumber: [`+49 30 9000 ${number % 10_000}`],
      mobile: [`+49 171 ${number % 10_000_000}`],
      employeeID: [`E${100_000 + number}`],
      extensionAttribute1: [`cost centre ${number % 250}`],
      manager: [guidOf(number >> 3)],
    },
  };
}

function pick(list: readonly string[], number: number): string {
  return list[number % list.length] ?? '';
}

function guidOf(number: number): string {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(0, Math.imul(number + 1, 2_654_435_761) >>> 0);
  new DataView(bytes.buffer).setUint32(8, number);
  return guidFromBytes(bytes);
}
