import type { ConfigFile } from '../settings/config-file.ts';
import { nodeOptions } from '../node-options.ts';
import { filesToRead, settingsText } from './settings-file.ts';
import type { Program, ServicePlan, Step } from './step.ts';
import { serviceSource } from './windows-service-source.ts';

const name = 'LockstepRelay';
/** What sc.exe ends with: system error codes (ERROR_SERVICE_…). */
const errors = { doesNotExist: 1060, markedForDelete: 1072, exists: 1073 } as const;
/** A virtual account: it exists with the service, has no password, and is in no group. */
const account = `NT SERVICE\\${name}`;

/**
 * The relay as a Windows service, newly or in place of the one that is there. Windows wants a program that speaks with its
 * service manager, which Node does not; the wrapper is compiled by Windows PowerShell, which every Windows Server has.
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
  const { common, directories } = settings;
  const written = { common: { controlFile: windowsControlFile(programData), ...common }, directories };
  const run = (command: string, ...args: readonly string[]) => ({ kind: 'run', command, args }) as const;
  const powerShell = (script: string): Step =>
    run('powershell.exe', '-NoProfile', '-NonInteractive', '-Command', script);
  // Of a service that is not there or stands still, nothing is stopped. Its program is in use until shortly after it has stopped.
  const stop =
    `$ErrorActionPreference = 'Stop'; ` +
    `Get-Service -Name ${name} -ErrorAction SilentlyContinue | Stop-Service; ` +
    `for ($i = 0; $i -lt 50 -and (Test-Path '${files.wrapper}'); $i++) ` +
    `{ try { Remove-Item '${files.wrapper}' -ErrorAction Stop } catch { Start-Sleep -Milliseconds 200 } }; ` +
    // Else it ends with 1, because no such service was found.
    'exit 0';
  const compile =
    `Add-Type -TypeDefinition (Get-Content -Raw '${files.source}') -ReferencedAssemblies System.ServiceProcess ` +
    `-OutputType ConsoleApplication -OutputAssembly '${files.wrapper}'`;
  const quotedPath = binPath.map((word) => `"${word}"`).join(' ');
  // LocalSystem and the administrators by their SIDs: their names are of the language of the machine.
  const access = ['*S-1-5-18:(OI)(CI)F', '*S-1-5-32-544:(OI)(CI)F', `${account}:(OI)(CI)M`];
  return {
    install: [
      powerShell(stop),
      { kind: 'copy', from: script ?? executable, path: files.program, mode: 0o755 },
      { kind: 'write', path: files.settings, mode: 0o644, text: settingsText(written) },
      { kind: 'write', path: files.source, mode: 0o644, text: serviceSource },
      powerShell(compile),
      {
        ...run('sc.exe', 'create', name, 'binPath=', quotedPath, 'start=', 'delayed-auto', 'obj=', account),
        alsoFine: [errors.exists],
      },
      // Of one that is there already the account and the kind of start stay: they may be of the operator's choice.
      run('sc.exe', 'config', name, 'binPath=', quotedPath),
      run('sc.exe', 'description', name, 'Streams changes of Active Directory to Azure Service Bus.'),
      run('sc.exe', 'failure', name, 'reset=', '3600', 'actions=', 'restart/5000/restart/30000/restart/60000'),
      run('sc.exe', 'failureflag', name, '1'),
      run('icacls.exe', folder, '/inheritance:r', '/grant', ...access),
      // They stay where they are; the account of the service may read them.
      ...filesToRead(settings).map((path) => run('icacls.exe', path, '/grant', `${account}:R`)),
      run('sc.exe', 'start', name),
    ],
    uninstall: [
      powerShell(stop),
      { ...run('sc.exe', 'delete', name), alsoFine: [errors.doesNotExist, errors.markedForDelete] },
      ...[files.source, files.program].map((path): Step => ({ kind: 'remove', path })),
    ],
  };
}

/** Where the running service leaves its address. */
export function windowsControlFile(programData: string): string {
  return `${windowsFolder(programData)}\\control.json`;
}

const windowsFolder = (programData: string): string => `${programData}\\Lockstep`;
