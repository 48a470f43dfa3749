/** Where a directory is read from. */
export type DirectoryOption =
  | { readonly kind: 'ldif'; readonly file: string }
  | { readonly kind: 'samba' }
  | {
      readonly kind: 'ldap';
      readonly url: string;
      readonly bindDn: string;
      readonly bindPasswordFile: string;
      readonly baseDn: string;
      readonly ca: string | undefined;
      readonly allowPlainLdap: boolean;
    };

/** What the options say, by name. */
export interface DirectoryValues {
  /** All values of an option that may be repeated. */
  list(name: string): readonly string[];
  flag(name: string): boolean;
  /** The path of a file that can be read; says so in the mistakes when it cannot. */
  readable(option: string, path: string): string;
}

/**
 * The directories to read, in order. Of `--bind-dn` and the like the first goes with the first LDAP address and so on;
 * a single one goes with all.
 */
export function directoryOptions(
  values: DirectoryValues,
  exampleEstate: string,
  mistakes: string[],
): readonly DirectoryOption[] {
  const named = values.list('directory');
  const directories = named.length === 0 ? [exampleEstate] : named;
  const isLdap = (directory: string): boolean => /^ldaps?:\/\//i.test(directory);
  const addresses = directories.filter(isLdap);
  if (addresses.length === 0) {
    for (const name of ['bind-dn', 'bind-password-file', 'ca']) {
      if (values.list(name).length > 0) mistakes.push(`--${name} goes with an LDAP address in --directory.`);
    }
  }
  const options = directories.map((directory) =>
    isLdap(directory)
      ? ldapOption(values, directory, addresses.indexOf(directory), mistakes)
      : localOption(values, directory, mistakes),
  );
  const seen = new Set<string>();
  for (const option of options) {
    const text = JSON.stringify(option);
    if (seen.has(text)) mistakes.push('--directory names the same directory twice.');
    seen.add(text);
  }
  return options;
}

function localOption(values: DirectoryValues, directory: string, mistakes: string[]): DirectoryOption {
  if (directory === 'samba') return { kind: 'samba' };
  if (/^\w+:\/\//.test(directory)) {
    mistakes.push(`--directory ${directory} is neither an ldap:// or ldaps:// address, nor an LDIF file, nor "samba".`);
    return { kind: 'samba' };
  }
  return { kind: 'ldif', file: values.readable('--directory', directory) };
}

function ldapOption(values: DirectoryValues, directory: string, index: number, mistakes: string[]): DirectoryOption {
  const url = URL.canParse(directory) ? new URL(directory) : undefined;
  if (url === undefined || url.hostname === '') mistakes.push(`--directory ${directory} has no host.`);
  const own = (name: string): string | undefined => {
    const given = values.list(name);
    return given.length === 1 ? given[0] : given[index];
  };
  const needed = (name: string): string => {
    const value = own(name);
    if (value === undefined) mistakes.push(`--${name} is missing: ${directory} needs it.`);
    return value ?? '';
  };
  const passwordFile = needed('bind-password-file');
  const ca = own('ca');
  return {
    kind: 'ldap',
    url: directory,
    bindDn: needed('bind-dn'),
    bindPasswordFile: passwordFile === '' ? '' : values.readable('--bind-password-file', passwordFile),
    baseDn: needed('base-dn'),
    ca: ca === undefined ? undefined : values.readable('--ca', ca),
    allowPlainLdap: values.flag('allow-plain-ldap'),
  };
}
