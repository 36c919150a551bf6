using System.Globalization;
using System.Text.Json;
using Bif.Cli.Running;
using Bif.Cli.Terminal;
using Bif.Engine.Figures;
using Bif.Engine.Models;
using Bif.Engine.Runs;

namespace Bif.Cli.Benchmarks.Scaling;

/// <summary>
/// Time and peak memory of BIF and EK-FAC over sizes of models, each in a process of its own. BIF samples with SGLD on mini-batches,
/// whose memory is two vectors per chain; the settings are tight enough that random weights stay where they are, and give nearly
/// independent draws. Rows are kept as they come: the same call goes on.
/// </summary>
/// <param name="folder">Where results go.</param>
/// <param name="task">What is asked of every size.</param>
/// <param name="child">How children run.</param>
/// <param name="say">Receives lines worth showing.</param>
internal sealed class ScalingBenchmark(string folder, ScalingTask task, MeasuredProcess child, Action<string> say)
{
    private const int Chains = 4;
    private const int MostBatch = 16;
    private const int BurnIn = 20;

    // Half of a time constant per step, four steps per draw: products of losses are all but independent from draw to draw.
    private const double Gamma = 1e6;
    private const double Epsilon = 0.5 / Gamma;
    private const int Thin = 4;

    // Of the draws asked for, about 0.8 are effective: some more are taken.
    private const double Surplus = 1.4;
    private static readonly string[] Methods = ["bif", "ekfac"];

    /// <summary>Measures; returns the rows of this task in order.</summary>
    /// <param name="families">Families of sizes.</param>
    /// <param name="largest">Sizes of each family that are tried at most.</param>
    /// <param name="cancellation">Stops the child at work; the rows so far are kept.</param>
    public IReadOnlyList<ScalingRow> Run(IReadOnlyList<string> families, int largest, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        var known = Read();
        var rows = new List<ScalingRow>();
        foreach (var family in families)
        {
            var limit = new Dictionary<string, string>();
            foreach (var model in ScalingModel.All.Where(model => model.Family == family).Take(largest))
            {
                if (cancellation.IsCancellationRequested)
                {
                    return rows;
                }

                // What did not fit is tried again: the bounds may be others.
                var own = known.Where(row => row.Task == task && row.Family == family && row.Size == model.Name && row.Missing is null).ToList();
                var measured = own.Count == Methods.Length ? own : Measure(model, limit, cancellation);
                foreach (var row in measured.Where(row => row.Missing is not null))
                {
                    limit.TryAdd(row.Method, $"not tried: {row.Size} was too large already");
                }

                rows.AddRange(measured);
                Write([.. known.Where(row => !rows.Exists(each => IsSame(each, row))), .. rows]);
            }
        }

        return rows;
    }

    /// <summary>The options of the sampler, as <c>bif attribute</c> takes them.</summary>
    public IReadOnlyList<string> Sampling => Settings(Math.Min(MostBatch, task.Items), Chains, (int)Math.Ceiling(task.EffectiveDraws * Surplus / Chains), BurnIn, Thin);

    private static bool IsSame(ScalingRow a, ScalingRow b) => a.Task == b.Task && a.Family == b.Family && a.Size == b.Size && a.Method == b.Method;

    private List<ScalingRow> Measure(ScalingModel model, Dictionary<string, string> limit, CancellationToken cancellation)
    {
        var empty = new ScalingRow(task, model.Family, model.Name, null, "", null, null, null, null, null);
        if (Methods.All(limit.ContainsKey))
        {
            return [.. Methods.Select(method => empty with { Method = method, Missing = limit[method] })];
        }

        var work = Path.Combine(folder, "work");
        try
        {
            say($"{model.Family} {model.Name}: writing random weights");
            var (path, data, queries) = model.Write(work, task.Items, task.Queries);
            empty = empty with { Parameters = Count(path) };
            var run = Path.Combine(work, "run");
            string[] text = model.Family == ScalingModel.Language ? ["--windows", "packed"] : [];
            string[] common = ["attribute", "--model", path, "--data", data, "--queries", queries, "--device", task.Device, "--json", .. text];

            var bif = limit.TryGetValue("bif", out var reason) ? empty with { Method = "bif", Missing = reason } : Attribute([.. common, .. Sampling, "--out", run], run, empty, cancellation);
            say(Line(bif));

            // EK-FAC needs a run's record for its items; where BIF does not finish, one of two draws serves.
            var (basis, unready) = (run, limit.GetValueOrDefault("ekfac"));
            if (bif.Missing is not null && unready is null)
            {
                basis = Path.Combine(work, "short");
                unready = child.Run([.. common, .. Settings(1, 1, 2, 0, 1), "--out", basis], cancellation).Stopped;
            }

            var ekfac = unready is not null ? empty with { Method = "ekfac", Missing = unready } : Compare(basis, empty, cancellation);
            say(Line(ekfac));
            return [bif, ekfac];
        }
        finally
        {
            if (Directory.Exists(work))
            {
                Directory.Delete(work, recursive: true);
            }
        }
    }

    private static long Count(string path)
    {
        using var model = Model.Load(path, TorchSharp.torch.CPU);
        return model.Layout.ParameterCount;
    }

    private ScalingRow Attribute(IReadOnlyList<string> arguments, string run, ScalingRow empty, CancellationToken cancellation)
    {
        var outcome = child.Run(arguments, cancellation);
        var row = empty with { Method = "bif", PeakBytes = outcome.PeakBytes, Missing = outcome.Stopped };
        if (outcome.Stopped is not null)
        {
            return row;
        }

        var record = RunDirectory.Open(run).ReadRecord();
        return row with { Seconds = record.Timings!.TotalSeconds - record.Timings.LoadingSeconds, DevicePeakBytes = DevicePeak(outcome.Output), MeasuredDraws = record.EffectiveDraws };
    }

    private ScalingRow Compare(string run, ScalingRow empty, CancellationToken cancellation)
    {
        var outcome = child.Run(["compare", run, "--methods", "ekfac", "--json"], cancellation);
        var row = empty with { Method = "ekfac", PeakBytes = outcome.PeakBytes, Missing = outcome.Stopped };
        if (outcome.Stopped is not null)
        {
            return row;
        }

        var method = JsonDocument.Parse(LastLine(outcome.Output)).RootElement.GetProperty("methods")[0].GetProperty("record");
        return row with { Seconds = method.GetProperty("seconds").GetDouble(), DevicePeakBytes = DevicePeak(outcome.Output) };
    }

    private static long? DevicePeak(string output)
        => JsonDocument.Parse(LastLine(output)).RootElement.TryGetProperty("devicePeakBytes", out var bytes) && bytes.ValueKind == JsonValueKind.Number ? bytes.GetInt64() : null;

    private static string[] Settings(int batch, int chains, int draws, int burnIn, int thin) =>
    [
        "--sampler", "sgld", "--nbeta", "1", "--gamma", Text(Gamma), "--epsilon", Text(Epsilon), "--batch", $"{batch}",
        "--chains", $"{chains}", "--draws", $"{draws}", "--burn-in", $"{burnIn}", "--thin", $"{thin}",
    ];

    private static string LastLine(string output) => output.TrimEnd().Split('\n')[^1];

    private static string Line(ScalingRow row) => row.Missing is { } missing
        ? $"{row.Family} {row.Size}, {row.Method}: {missing}"
        : $"{row.Family} {row.Size}, {row.Method}: {Quantity.Duration(row.Seconds!.Value)}, {Quantity.Bytes(row.DecisiveBytes!.Value)}{(row.MeasuredDraws is { } draws ? $", {draws:N0} effective draws" : "")}";

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private string FileOf(string extension) => Path.Combine(folder, "scaling." + extension);

    private List<ScalingRow> Read()
    {
        try
        {
            return File.Exists(FileOf("json")) ? JsonSerializer.Deserialize<List<ScalingRow>>(File.ReadAllText(FileOf("json")), JsonText.Indented) ?? [] : [];
        }
        catch (JsonException error)
        {
            throw new Engine.InputException($"{FileOf("json")} is not valid JSON (line {error.LineNumber + 1}): remove it, or choose another --out.", error);
        }
    }

    private void Write(IReadOnlyList<ScalingRow> rows)
    {
        File.WriteAllText(FileOf("json") + ".part", JsonSerializer.Serialize(rows, JsonText.Indented) + "\n");
        File.Move(FileOf("json") + ".part", FileOf("json"), overwrite: true);
        File.WriteAllLines(
            FileOf("csv"),
            rows.Select(row => string.Create(CultureInfo.InvariantCulture, $"{row.Task.Device},{row.Task.Items},{row.Task.Queries},{row.Task.EffectiveDraws},{row.Family},\"{row.Size}\",{row.Parameters},{row.Method},{row.Seconds},{row.PeakBytes},{row.DevicePeakBytes},{row.MeasuredDraws},\"{row.Missing}\""))
                .Prepend("device,items,queries,effective_draws,family,size,parameters,method,seconds,peak_bytes,device_peak_bytes,measured_draws,missing"));
        if (FigureFiles.Write(folder, "scaling", ScalingFigure.Draw([.. rows.Where(row => row.Task == task)], task)) is { } undrawn)
        {
            say(undrawn);
        }
    }
}
