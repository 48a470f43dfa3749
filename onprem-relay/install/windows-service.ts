import type { ConfigFile } from '../settings/config-file.ts';
import { nodeOptions } from '../node-options.ts';
import { placeSecrets, settingsText } from './settings-file.ts';
import type { Program, ServicePlan, Step } from './step.ts';
import { serviceSource } from './windows-service-source.ts';

const name = 'LockstepRelay';
/** A virtual account: it exists with the service, has no password, and is in no group. */
const account = `NT SERVICE\\${name}`;

/**
 * The relay as a Windows service. Windows wants a program that speaks with its service manager, which Node does not; the
 * wrapper is compiled by Windows PowerShell, which every Windows Server has.
 */
export function windowsPlan({ executable, script }: Program, settings: ConfigFile, programData: string): ServicePlan {
  const folder = windowsFolder(programData);
  const files = {
    settings: `${folder}\\relay.yaml`,
    source: `${folder}\\service.cs`,
    wrapper: `${folder}\\service.exe`,
    program: `${folder}\\${script === undefined ? 'lockstep-relay.exe' : 'lockstep-relay.cjs'}`,
  };
  const command = script === undefined ? [files.program] : [executable, ...nodeOptions, files.program];
  const binPath = [
    files.wrapper,
    `${folder}\\relay.log`,
    ...command,
    'run',
    '--config',
    files.settings,
    '--stop-with-input',
  ];
  // Secrets stay where they are; the account of the service may read them.
  const { secrets } = placeSecrets(settings, (secret) => secret);
  const { common, directories } = settings;
  const written = { common: { controlFile: windowsControlFile(programData), ...common }, directories };
  const run = (file: string, ...args: readonly string[]): Step => ({ kind: 'run', command: file, args });
  const compile =
    `Add-Type -TypeDefinition (Get-Content -Raw '${files.source}') -ReferencedAssemblies System.ServiceProcess ` +
    `-OutputType ConsoleApplication -OutputAssembly '${files.wrapper}'`;
  const access = ['SYSTEM:(OI)(CI)F', 'Administrators:(OI)(CI)F', `${account}:(OI)(CI)M`];
  return {
    install: [
      { kind: 'copy', from: script ?? executable, path: files.program, mode: 0o755 },
      { kind: 'write', path: files.settings, mode: 0o644, text: settingsText(written) },
      { kind: 'write', path: files.source, mode: 0o644, text: serviceSource },
      run('powershell.exe', '-NoProfile', '-NonInteractive', '-Command', compile),
      run(
        'sc.exe',
        'create',
        name,
        'binPath=',
        binPath.map((word) => `"${word}"`).join(' '),
        'start=',
        'delayed-auto',
        'obj=',
        account,
      ),
      run('sc.exe', 'description', name, 'Streams changes of Active Directory to Azure Service Bus.'),
      run('sc.exe', 'failure', name, 'reset=', '3600', 'actions=', 'restart/5000/restart/30000/restart/60000'),
      run('sc.exe', 'failureflag', name, '1'),
      run('icacls.exe', folder, '/inheritance:r', '/grant', ...access),
      ...secrets.map(({ path }) => run('icacls.exe', path, '/grant', `${account}:R`)),
      run('sc.exe', 'start', name),
    ],
    uninstall: [
      run('sc.exe', 'stop', name),
      run('sc.exe', 'delete', name),
      ...[files.wrapper, files.source, files.program].map((path): Step => ({ kind: 'remove', path })),
    ],
  };
}

/** Where the running service leaves its address. */
export function windowsControlFile(programData: string): string {
  return `${windowsFolder(programData)}\\control.json`;
}

const windowsFolder = (programData: string): string => `${programData}\\Lockstep`;
