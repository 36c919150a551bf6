using System.Diagnostics;
using System.Runtime.InteropServices;
using Npgsql;

namespace Bif.Data.Postgres;

/// <summary>
/// A PostgreSQL of the application's own: made on first start, reached by a unix socket only, stopped with the application.
/// It survives a kill of the application: the next start stops what is left and starts anew. A kill of the server itself is
/// noticed, and it is started again. The file system is the guard (socket folder 0700); no password exists.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed partial class PrivatePostgres : IAsyncDisposable
{
    private const int Interrupt = 2;
    private const int Quit = 3;
    private const int LongestSocketFolder = 80;
    private readonly string _root;
    private readonly string _binaries;
    private string _data;
    private string _socket;
    private readonly Queue<string> _log = new();
    private FileStream? _lock;
    private readonly CancellationTokenSource _stopping = new();
    private Process? _process;
    private Task _watch = Task.CompletedTask;

    private PrivatePostgres(string root, string binaries)
    {
        _root = Path.GetFullPath(root);
        _binaries = binaries;
        _data = Path.Combine(_root, "data");
        var socket = Path.Combine(_root, "run");

        // The path of a unix socket has at most 107 bytes.
        _socket = socket.Length <= LongestSocketFolder
            ? socket
            : Path.Combine(Path.GetTempPath(), "bif-" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(_root)))[..16]);
    }

    /// <summary>How to reach the database "bif".</summary>
    public string ConnectionString => Connection("bif");

    /// <summary>Starts the server of a folder, which is created on first use.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="binaries">Where PostgreSQL's programs are; null finds them.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="say">Told when the server ended by itself and was started again, or null.</param>
    /// <exception cref="InvalidOperationException">It cannot start; the message says why and what to do.</exception>
    public static async Task<PrivatePostgres> Start(string root, string? binaries, CancellationToken cancellation, Action<string>? say = null)
    {
        var server = new PrivatePostgres(root, PostgresBinaries.Find(binaries));
        try
        {
            await server.Start(cancellation);
            server._watch = server.Watch(say);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync();
        await _watch;
        if (_process is { } process)
        {
            _process = null;
            NpgsqlConnection.ClearAllPools();
            if (!process.HasExited)
            {
                _ = Kill(process.Id, Interrupt);
                await process.WaitForExitAsync();
            }

            process.Dispose();
        }

        _lock?.Dispose();
    }

    // Starts the server again when it ends by itself (killed, out of memory, a full disk), more slowly each time it fails.
    private async Task Watch(Action<string>? say)
    {
        var wait = TimeSpan.FromSeconds(0.5);
        try
        {
            while (true)
            {
                await _process!.WaitForExitAsync(_stopping.Token);
                say?.Invoke($"the private database ended ({LastLines().Split('\n')[^1].Trim()}); it is started again");
                await Task.Delay(wait, _stopping.Token);
                try
                {
                    await StopOrphans(_stopping.Token);
                    _process.Dispose();
                    Launch();
                    await WaitUntilReady(_stopping.Token);
                    wait = TimeSpan.FromSeconds(0.5);
                }
                catch (InvalidOperationException)
                {
                    wait = TimeSpan.FromSeconds(Math.Min(30, 2 * wait.TotalSeconds));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The application stops, and the server with it.
        }
    }

    private static bool IsRoot => Environment.UserName == "root";

    private async Task Start(CancellationToken cancellation)
    {
        Directory.CreateDirectory(_data);
        Directory.CreateDirectory(_socket);
        File.SetUnixFileMode(_socket, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            // A lock of the kernel: gone with the process, however it ends.
            _lock = new FileStream(Path.Combine(_root, "instance.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error)
        {
            throw new InvalidOperationException(
                $"Another instance already uses the private database in {_root}. Stop it, or set ConnectionStrings:Bif to share one PostgreSQL.", error);
        }

        if (IsRoot)
        {
            // PostgreSQL refuses to run as root; Debian's package makes the user.
            await MoveWhereItsUserReaches(cancellation);
            await Run("chown", ["-R", "postgres:", _data, _socket]);
        }

        if (!File.Exists(Path.Combine(_data, "PG_VERSION")))
        {
            await Run(Path.Combine(_binaries, "initdb"), ["-D", _data, "-U", "bif", "-E", "UTF8", "--locale=C", "--auth=trust", "--data-checksums"]);
        }

        cancellation.ThrowIfCancellationRequested();

        await StopOrphans(cancellation);
        Launch();
        await WaitUntilReady(cancellation);
    }

    // Under a home that is closed to others (/root), the files go to a folder of their own under /var/lib, known by what lies
    // in data/: another data folder is another database.
    private async Task MoveWhereItsUserReaches(CancellationToken cancellation)
    {
        var place = Path.Combine(_root, "place");
        if (!File.Exists(place))
        {
            using var look = Process.Start(Command("test", ["-x", _data]))!;
            await look.WaitForExitAsync(cancellation);
            if (look.ExitCode == 0)
            {
                return;
            }

            await File.WriteAllTextAsync(place, $"/var/lib/bif/{Guid.NewGuid():N}", cancellation);
        }

        var folder = (await File.ReadAllTextAsync(place, cancellation)).Trim();
        _data = Path.Combine(folder, "data");
        _socket = Path.Combine(folder, "run");
        Directory.CreateDirectory(_data);
        Directory.CreateDirectory(_socket);
        foreach (var passed in new[] { Path.GetDirectoryName(folder)!, folder })
        {
            File.SetUnixFileMode(passed, (UnixFileMode)0b111_101_101);
        }

        File.SetUnixFileMode(_socket, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private void Launch()
    {
        _process = Process.Start(Command(
            Path.Combine(_binaries, "postgres"),
            ["-D", _data, "-c", "listen_addresses=", "-c", $"unix_socket_directories={_socket}", "-c", "unix_socket_permissions=0700", "-c", "logging_collector=off"]))!;
        _process.ErrorDataReceived += (_, line) => Remember(line.Data);
        _process.OutputDataReceived += (_, line) => Remember(line.Data);
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    private async Task WaitUntilReady(CancellationToken cancellation)
    {
        for (; ; )
        {
            if (_process!.HasExited)
            {
                throw new InvalidOperationException($"PostgreSQL in {_root} did not start: {LastLines()}");
            }

            try
            {
                await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Connection("postgres")) { Pooling = false }.ConnectionString);
                await connection.OpenAsync(cancellation);
                await using var exists = new NpgsqlCommand("select 1 from pg_database where datname = 'bif'", connection);
                if (await exists.ExecuteScalarAsync(cancellation) is null)
                {
                    await using var create = new NpgsqlCommand("create database bif", connection);
                    await create.ExecuteNonQueryAsync(cancellation);
                }

                return;
            }
            catch (NpgsqlException)
            {
                await Task.Delay(25, cancellation);
            }
        }
    }

    // Held: the instance lock. Backends may outlive a killed postmaster, and postmaster.pid is PostgreSQL's own interlock, so
    // it goes only when no process works in the data folder any more.
    private async Task StopOrphans(CancellationToken cancellation)
    {
        var pidFile = Path.Combine(_data, "postmaster.pid");
        if (!File.Exists(pidFile))
        {
            return;
        }

        _ = int.TryParse(File.ReadLines(pidFile).FirstOrDefault(), out var postmaster);
        if (Living().Contains(postmaster))
        {
            _ = Kill(postmaster, Interrupt);
        }

        var left = Living();
        for (var wait = 0; wait < 600 && left.Length > 0; wait++, left = Living())
        {
            if (wait == 400)
            {
                Array.ForEach(left, process => Kill(process, Quit));
            }

            await Task.Delay(25, cancellation);
        }

        if (left.Length > 0)
        {
            throw new InvalidOperationException($"Processes of an earlier PostgreSQL in {_root} do not end ({string.Join(", ", left)}): stop them and start again.");
        }

        File.Delete(pidFile);
        File.Delete(Path.Combine(_socket, ".s.PGSQL.5432.lock"));
    }

    private int[] Living() => [.. Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), out var process) ? process : 0)
        .Where(process => process > 0 && WorkingDirectory(process) == _data)];

    private static string? WorkingDirectory(int process)
    {
        try
        {
            return new FileInfo($"/proc/{process}/cwd").LinkTarget;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // setsid keeps the terminal's Ctrl-C away from the server, which the application still needs while it stops; setpriv
    // replaces itself, so that the child's id is the postmaster's.
    private static ProcessStartInfo Command(string file, string[] arguments) => new(
        "setsid", IsRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--", file, .. arguments] : [file, .. arguments])
    {
        WorkingDirectory = "/",
        RedirectStandardError = true,
        RedirectStandardOutput = true,
    };

    // To its end in any case: a folder that is half made would stand in the way of the next start.
    private static async Task Run(string file, string[] arguments)
    {
        var command = file == "chown" ? new ProcessStartInfo(file, arguments) { RedirectStandardError = true, RedirectStandardOutput = true } : Command(file, arguments);
        using var process = Process.Start(command)!;
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"{Path.GetFileName(file)} failed: {(await errors).Trim()} — move the data folder to a place that the user postgres can reach, or set ConnectionStrings:Bif.");
        }
    }

    private string Connection(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = _socket,
        Username = "bif",
        Database = database,
        MaxPoolSize = 50,
        IncludeErrorDetail = false,
    }.ConnectionString;

    private void Remember(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_log)
        {
            _log.Enqueue(line);
            if (_log.Count > 50)
            {
                _log.Dequeue();
            }
        }
    }

    private string LastLines()
    {
        lock (_log)
        {
            return string.Join('\n', _log);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
