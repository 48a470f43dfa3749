import { systemdControlFile } from './systemd.ts';
import { windowsControlFile } from './windows-service.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a relay that was installed as a service leaves its address; `undefined` where there are no services. */
export function installedControlFile(platform: NodeJS.Platform, environment: Environment): string | undefined {
  if (platform === 'win32') return windowsControlFile(programDataOf(environment));
  return platform === 'linux' ? systemdControlFile : undefined;
}

export function programDataOf(environment: Environment): string {
  return environment['ProgramData'] ?? 'C:\\ProgramData';
}
