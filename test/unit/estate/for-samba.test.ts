import { describe, expect, it } from 'vitest';
import { contosoLdif } from '../../sandbox/estate/contoso.ts';
import { estateForSamba } from '../../sandbox/estate/for-samba.ts';
import { readLdif } from '../../sandbox/estate/read-ldif.ts';

const dump = `version: 1

dn: DC=corp,DC=example
objectClass: domainDNS

dn: CN=Ann,OU=Sales,DC=corp,DC=example
objectClass: user
objectGUID:: AAAAAAAAAAAAAAAAAAAAAA==
whenCreated: 20240115080000.0Z
memberOf: CN=Team,OU=Sales,DC=corp,DC=example
userPrincipalName: ann@corp.example
mail: ann@mail.corp.example
proxyAddresses: SMTP:ann@mail.corp.example
proxyAddresses: smtp:ann@notcorp.example
mailNickname: ann
manager: CN=Bob,OU=Sales,DC=corp,DC=example

dn: CN=Bob,OU=Sales,DC=corp,DC=example
objectClass: user
manager: CN=Somebody Elsewhere,DC=other,DC=example

dn: CN=Team,OU=Sales,DC=corp,DC=example
objectClass: group
member: CN=Ann,OU=Sales,DC=corp,DC=example
member: CN=Team,OU=Sales,DC=corp,DC=example

dn: OU=Sales,DC=corp,DC=example
objectClass: organizationalUnit

dn: CN=Domain Admins,CN=Users,DC=corp,DC=example
objectClass: group
isCriticalSystemObject: TRUE
objectSid:: AQUAAAAAAAUVAAAAAi5iXo2Yv6R2CCq+AAIAAA==
member: CN=Administrator,CN=Users,DC=corp,DC=example
member: CN=Bob,OU=Sales,DC=corp,DC=example

dn: CN=Administrator,CN=Users,DC=corp,DC=example
objectClass: user
isCriticalSystemObject: TRUE
`;

describe('The LDIF of an estate for a fresh domain', () => {
  it('has containers first, then what is in them, then the links, and nothing that the controller assigns', () => {
    expect(estateForSamba(dump, 'DC=corp,DC=example')).toBe(`dn: OU=Sales,DC=corp,DC=example
objectClass: organizationalUnit

dn: CN=Ann,OU=Sales,DC=corp,DC=example
objectClass: user
userPrincipalName: ann@corp.example
mail: ann@mail.corp.example
proxyAddresses: SMTP:ann@mail.corp.example
proxyAddresses: smtp:ann@notcorp.example

dn: CN=Bob,OU=Sales,DC=corp,DC=example
objectClass: user

dn: CN=Team,OU=Sales,DC=corp,DC=example
objectClass: group

dn: CN=Ann,OU=Sales,DC=corp,DC=example
changetype: modify
add: manager
manager: CN=Bob,OU=Sales,DC=corp,DC=example
-

dn: CN=Team,OU=Sales,DC=corp,DC=example
changetype: modify
add: member
member: CN=Ann,OU=Sales,DC=corp,DC=example
member: CN=Team,OU=Sales,DC=corp,DC=example
-

dn: CN=Domain Admins,CN=Users,DC=corp,DC=example
changetype: modify
add: member
member: CN=Bob,OU=Sales,DC=corp,DC=example
-

`);
  });

  it('moves DNs, sign-in names and addresses of the domain, but not those of others, to the new domain', () => {
    const moved = estateForSamba(dump, 'DC=lab,DC=test');
    expect(moved).not.toContain('DC=corp');
    expect(moved).toContain('userPrincipalName: ann@lab.test\n');
    expect(moved).toContain('proxyAddresses: SMTP:ann@mail.lab.test\n');
    expect(moved).toContain('proxyAddresses: smtp:ann@notcorp.example\n');
  });

  it('is refused for text that is not the dump of a domain', () => {
    expect(() => estateForSamba('dn: OU=A,DC=a\nobjectClass: organizationalUnit\n', 'DC=a')).toThrow('domainDNS');
    expect(() => readLdif('dn: OU=A,DC=a\nchangetype: delete\n')).toThrow('OU=A,DC=a is a change');
    expect(() => readLdif('dn: OU=A,DC=a\nphoto:< file:///x.jpg\n')).toThrow('photo:<');
  });

  it('can be made of the whole example estate', () => {
    const text = estateForSamba(contosoLdif(), 'DC=contoso,DC=test');
    expect(text.match(/^changetype: modify$/gm)).toHaveLength(325);
  });
});
