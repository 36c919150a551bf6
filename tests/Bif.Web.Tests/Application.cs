using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Bif.Web.Tests;

/// <summary>The application as a process of its own, as `./bif up` starts it: on a free port, with a private database.</summary>
internal sealed class Application : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _said = new();

    private Application(Process process) => _process = process;

    public int ProcessId => _process.Id;

    /// <summary>How it is started where nothing else is asked for.</summary>
    public static IReadOnlyList<string> Dotnet { get; } = ["dotnet"];

    public HttpClient Client { get; private set; } = null!;

    public string Url { get; private set; } = "";

    public string Said
    {
        get
        {
            lock (_said)
            {
                return _said.ToString();
            }
        }
    }

    /// <summary>Starts it; returns when it answers.</summary>
    public static Task<Application> Start(string data, params string[] settings) => Start(Dotnet, data, settings);

    /// <summary>Starts it by another program, such as one that gives it a file system of its own; the command follows the arguments.</summary>
    public static async Task<Application> Start(IReadOnlyList<string> starter, string data, IReadOnlyList<string> settings, params (string Name, string Value)[] environment)
    {
        var application = Launch(starter, data, ["--Urls", "http://127.0.0.1:0", "--Bif:Demo", "false", .. settings], environment);
        var clock = Stopwatch.StartNew();
        while (application.Address() is null && !application.Said.Contains("bif: this worker waits", StringComparison.Ordinal))
        {
            if (application._process.HasExited || clock.Elapsed > TimeSpan.FromSeconds(180))
            {
                throw new InvalidOperationException("The application did not start:\n" + application.Said);
            }

            await Task.Delay(50);
        }

        application.Url = application.Address() ?? "http://127.0.0.1:0";
        application.Client = new HttpClient { BaseAddress = new Uri(application.Url), Timeout = TimeSpan.FromSeconds(60) };
        return application;
    }

    /// <summary>Starts it with settings with which it is expected to give up.</summary>
    public static async Task<(int ExitCode, string Said)> GiveUp(string data, params string[] settings)
    {
        await using var application = Launch(Dotnet, data, settings);
        await application._process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token);
        application._process.WaitForExit();
        return (application._process.ExitCode, application.Said);
    }

    /// <summary>Starts it and asks it to stop as soon as something holds; returns its exit code.</summary>
    public static async Task<int> StopEarly(string data, Func<bool> holds)
    {
        await using var application = Launch(Dotnet, data, ["--Urls", "http://127.0.0.1:0", "--Bif:Demo", "false"]);
        while (!holds() && !application._process.HasExited)
        {
            await Task.Delay(5);
        }

        return await application.Stop();
    }

    /// <summary>Takes it away without a word, as a lost machine does.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Asks it to stop, as Ctrl-C does; returns its exit code.</summary>
    public async Task<int> Stop()
    {
        Process.Start("kill", ["-TERM", _process.Id.ToString()]).WaitForExit();
        await _process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await Stop();
        }

        Client?.Dispose();
        _process.Dispose();
    }

    /// <summary>A JSON answer.</summary>
    public async Task<JsonElement> Get(string path) => await Client.GetFromJsonAsync<JsonElement>(path);

    /// <summary>Waits until a run is in a state; fails with what the run says if it ends otherwise.</summary>
    public async Task<JsonElement> WaitFor(Guid run, Func<JsonElement, bool> holds, int seconds = 120)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var now = await Get($"/api/v1/runs/{run}");
            if (holds(now))
            {
                return now;
            }

            if (clock.Elapsed.TotalSeconds > seconds || now.GetProperty("state").GetString() is "failed")
            {
                throw new InvalidOperationException($"The run did not come there: {now}\n{Said}");
            }

            await Task.Delay(100);
        }
    }

    /// <summary>Waits until a run is finished.</summary>
    public Task<JsonElement> Finished(Guid run, int seconds = 120) => WaitFor(run, now => now.GetProperty("state").GetString() == "finished", seconds);

    /// <summary>Waits until an added query is answered; fails where it fails.</summary>
    /// <param name="run">The run's address.</param>
    /// <param name="query">The query's index.</param>
    public async Task Answered(string run, int query)
    {
        for (var attempt = 0; attempt < 600; attempt++)
        {
            var state = (await Get($"{run}/queries/{query}")).GetProperty("state").GetString();
            if (state == "finished")
            {
                return;
            }

            Xunit.Assert.NotEqual("failed", state);
            await Task.Delay(100);
        }

        throw new InvalidOperationException("The query was not answered: " + Said);
    }

    /// <summary>Queues a run.</summary>
    public async Task<Guid> Order(object wanted)
    {
        using var answer = await Client.PostAsJsonAsync("/api/v1/runs", wanted);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return answer.IsSuccessStatusCode ? body.GetProperty("id").GetGuid() : throw new InvalidOperationException(body.ToString());
    }

    private static Application Launch(IReadOnlyList<string> starter, string data, IReadOnlyList<string> settings, params (string Name, string Value)[] environment)
    {
        var program = Path.Combine(Repository.Root, "src", "Bif.Web", "bin", Repository.Configuration, "net10.0", "Bif.Web.dll");
        var start = new ProcessStartInfo(starter[0], [.. starter.Skip(1), program, "--Bif:Data", data, "--Bif:CpuSlots", "2", .. settings])
        {
            RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = Repository.Root,
        };
        start.Environment["GOMP_SPINCOUNT"] = "20000";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var application = new Application(Process.Start(start)!);
        application._process.OutputDataReceived += (_, line) => application.Hear(line.Data);
        application._process.ErrorDataReceived += (_, line) => application.Hear(line.Data);
        application._process.BeginOutputReadLine();
        application._process.BeginErrorReadLine();
        return application;
    }

    private void Hear(string? line)
    {
        lock (_said)
        {
            _said.AppendLine(line);
        }
    }

    private string? Address() => Said.Split('\n').FirstOrDefault(line => line.StartsWith("bif: open ", StringComparison.Ordinal))?["bif: open ".Length..].Split(' ')[0];
}
