import { resolveSrv } from 'node:dns/promises';
import { systemClock } from '../clock.ts';
import type { DirectorySource } from '../directory/directory-source.ts';
import {
  discoveredControllers,
  listedControllers,
  type DomainControllers,
} from '../directory/ldap/domain-controllers.ts';
import { LdapSource, type LdapSourceOptions } from '../directory/ldap/ldap-source.ts';
import { LdifSource } from '../directory/ldif/ldif-source.ts';
import { kerberosContext } from '../kerberos/kerberos.ts';
import { resources, tokensFor } from '../identity/credential.ts';
import { httpsVia } from '../network/https.ts';
import { passwordSource, type VaultSecret } from '../secrets/bind-password.ts';
import { readVaultSecret } from '../secrets/key-vault.ts';
import type { ConnectorSettings, DirectorySettings, LdapServers } from '../settings/read-settings.ts';

type LdapSettings = Extract<DirectorySettings, { kind: 'ldap' }>;

/** The directory that settings name. */
export function openSource(
  directory: DirectorySettings,
  hooks: Pick<LdapSourceOptions, 'onServer' | 'onProblem'> = {},
): DirectorySource {
  return directory.kind === 'ldif'
    ? new LdifSource({ path: directory.path, sleep: systemClock.sleep })
    : new LdapSource({ ...ldapOptions(directory), ...hooks });
}

/** How to name a directory before anything was read of it. */
export function labelOf({ directory, connector }: ConnectorSettings): string {
  if (directory.kind === 'ldif') return connector ?? directory.path;
  const { servers } = directory;
  return connector ?? ('domain' in servers ? servers.domain : servers.map(({ host }) => host).join(', '));
}

export function ldapOptions({ servers, account, ...others }: LdapSettings): LdapSourceOptions {
  return {
    ...others,
    controllers: controllersOf(servers),
    account:
      account === 'kerberos'
        ? { negotiate: kerberosContext() }
        : { bindDn: account.bindDn, password: passwordSource(account.password, { vault }) },
    now: systemClock.now,
    sleep: systemClock.sleep,
  };
}

/** One credential for all sign-ins, so that its token is had from the cache. */
function vault({ vaultSecret, identity, proxy }: VaultSecret): () => Promise<string> {
  const way = { credential: tokensFor(resources.keyVault, identity, proxy), https: httpsVia(proxy) };
  return () => readVaultSecret(vaultSecret, way);
}

function controllersOf(servers: LdapServers): DomainControllers {
  return 'domain' in servers
    ? discoveredControllers({ ...servers, resolveSrv, random: () => Math.random() })
    : listedControllers(servers);
}
