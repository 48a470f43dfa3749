/** The package has no types of its own (https://github.com/nodejs/postject). */
declare module 'postject' {
  /** Puts a resource into an executable (ELF, PE, Mach-O), in place. */
  export function inject(
    filename: string,
    resourceName: string,
    resourceData: Buffer,
    options?: { readonly sentinelFuse?: string; readonly overwrite?: boolean },
  ): Promise<void>;
}
