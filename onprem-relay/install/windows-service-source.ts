/**
 * A service that runs one program and nothing else: arguments are the log file, the program, and the program's arguments. It
 * ends the program's input to stop it, starts nothing again (the service manager does), and begins a new log at 16 MiB.
 * C# 5 with System.dll and System.ServiceProcess.dll alone, which is what Windows PowerShell compiles.
 */
export const serviceSource = `using System;
using System.Diagnostics;
using System.IO;
using System.ServiceProcess;
using System.Text;

public sealed class LockstepService : ServiceBase
{
    const int LogBytes = 16 * 1024 * 1024;
    readonly string[] arguments;
    Process program;
    StreamWriter log;
    volatile bool stopping;

    LockstepService(string[] arguments)
    {
        this.arguments = arguments;
        ServiceName = "LockstepRelay";
        CanShutdown = true;
    }

    public static void Main(string[] arguments)
    {
        ServiceBase.Run(new LockstepService(arguments));
    }

    protected override void OnStart(string[] ignored)
    {
        OpenLog();
        var words = new string[arguments.Length - 2];
        Array.Copy(arguments, 2, words, 0, words.Length);
        var start = new ProcessStartInfo
        {
            FileName = arguments[1],
            Arguments = string.Join(" ", Array.ConvertAll(words, Quoted)),
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardError = true,
            // Not the code page of a console that nobody sees.
            StandardErrorEncoding = Encoding.UTF8,
        };
        program = new Process { StartInfo = start, EnableRaisingEvents = true };
        program.ErrorDataReceived += (_, line) => Write(line.Data);
        program.Exited += (_, __) => Ended();
        program.Start();
        program.BeginErrorReadLine();
    }

    protected override void OnStop()
    {
        RequestAdditionalTime(30000);
        EndProgram();
    }

    // No more time is to be had here: asking for it is an error.
    protected override void OnShutdown()
    {
        EndProgram();
    }

    void EndProgram()
    {
        stopping = true;
        program.StandardInput.Close();
        if (!program.WaitForExit(25000)) program.Kill();
        // Without a limit it also waits for the last lines.
        program.WaitForExit();
    }

    void Ended()
    {
        if (stopping) return;
        program.WaitForExit();
        // Two says that the setup is wrong: starting again would not mend it.
        if (program.ExitCode == 2)
        {
            Stop();
            return;
        }
        Environment.Exit(program.ExitCode == 0 ? 1 : program.ExitCode);
    }

    void OpenLog()
    {
        var file = arguments[0];
        if (File.Exists(file) && new FileInfo(file).Length > LogBytes)
        {
            File.Delete(file + ".1");
            File.Move(file, file + ".1");
        }
        log = new StreamWriter(new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.Read)) { AutoFlush = true };
    }

    void Write(string line)
    {
        if (line == null) return;
        lock (arguments)
        {
            log.WriteLine(line);
            if (log.BaseStream.Length <= LogBytes) return;
            log.Dispose();
            OpenLog();
        }
    }

    static string Quoted(string word)
    {
        return "\\"" + word.Replace("\\"", "\\\\\\"") + "\\"";
    }
}
`;
