using System.Globalization;
using System.Text.Json;
using Bif.Engine.Arrays;
using Bif.Testing;
using Xunit;

namespace Bif.Cli.Tests;

/// <summary>The verbs and options around a run's sampler, as lines that a person types.</summary>
public sealed class SamplerVerbTests : IDisposable
{
    private const int Items = 24;
    private readonly TemporaryFolder _folder = new();

    public SamplerVerbTests()
    {
        // y = x0 − 2·x1 + noise; the model has its least-squares weights to a percent, which is all that is needed.
        var random = new Random(5);
        double Next() => (2 * random.NextDouble()) - 1;
        string Row()
        {
            var (a, b) = (Next(), Next());
            return string.Join(',', new[] { a, b, a - (2 * b) + (0.4 * Next()) }.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
        }

        File.WriteAllLines(_folder.At("train.csv"), Enumerable.Range(0, Items).Select(_ => Row()).Prepend("x0,x1,y"));
        File.WriteAllLines(_folder.At("test.csv"), Enumerable.Range(0, 3).Select(_ => Row()).Prepend("x0,x1,y"));
        Directory.CreateDirectory(_folder.At("model"));
        File.WriteAllText(_folder.At("model/config.json"), "{\"model_type\":\"linear\"}");
        Bif.Engine.Checkpoints.SafetensorsFile.Write(_folder.At("model/model.safetensors"), [("weight", [1, 2], new float[] { 1, -2 })]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Calibrate_says_why_and_its_line_makes_a_run_of_the_same_settings()
    {
        string[] given = ["--model", _folder.At("model"), "--data", _folder.Root + "@train", "--seed", "7", "--threads", "2"];
        foreach (var sampler in new[] { "laplace", "baoab", "sgld" })
        {
            var queries = _folder.Root + "@test";
            using var json = JsonDocument.Parse(Ok(["calibrate", .. given, "--queries", queries, "--sampler", sampler, "--json"]));
            var settings = json.RootElement.GetProperty("settings");
            var text = Ok(["calibrate", .. given, "--queries", queries, "--sampler", sampler]);
            var line = text.Split('\n').First(each => each.Contains(" attribute --", StringComparison.Ordinal)).Trim();
            Assert.Contains("--seed 7", line, StringComparison.Ordinal);
            string[] words = [.. line.Split(' ').SkipWhile(word => word != "attribute").Select(word => word == "RUN" ? _folder.At(sampler) : word)];
            Ok(words);
            using var record = JsonDocument.Parse(File.ReadAllText(_folder.At(sampler + "/run.json")));
            foreach (var (here, there) in new[]
            {
                ("sampler", "sampler"), ("preconditioner", "preconditioner"), ("nbeta", "nbeta"), ("gamma", "gamma"), ("epsilon", "epsilon"), ("batch", "batch"), ("chains", "chains"), ("draws", "draws"),
                ("burnIn", "burn_in"), ("thin", "thin"), ("seed", "seed"), ("rank", "rank"), ("centered", "centered"), ("firstOrderControl", "first_order_control"),
            })
            {
                Assert.Equal($"{here} {settings.GetProperty(here).GetRawText()}", $"{here} {record.RootElement.GetProperty("settings").GetProperty(there).GetRawText()}");
            }

            Assert.Equal(sampler != "sgld", text.Contains("effective dimension", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_default_run_says_what_it_chose_and_that_its_draws_are_approximate()
    {
        var output = Ok(Attribute("run"));
        Assert.Contains("independent draws", output, StringComparison.Ordinal);
        using var record = JsonDocument.Parse(File.ReadAllText(_folder.At("run/run.json")));
        var reasons = string.Join('\n', record.RootElement.GetProperty("settings_reasons").EnumerateArray().Select(reason => reason.GetString()));
        foreach (var word in new[] { "sampler laplace", "coordinates lowrank", "damping", "nbeta", "draws per chain", "approximate" })
        {
            Assert.Contains(word, reasons, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_preset_is_the_published_setting()
    {
        Ok(Attribute("run", "--preset", "paper-vision", "--draws", "20"));
        using var record = JsonDocument.Parse(File.ReadAllText(_folder.At("run/run.json")));
        var settings = record.RootElement.GetProperty("settings");
        Assert.Equal(("sgld", 1e-4, 10.0, 1000.0), (settings.GetProperty("sampler").GetString()!, settings.GetProperty("epsilon").GetDouble(), settings.GetProperty("nbeta").GetDouble(), settings.GetProperty("gamma").GetDouble()));
        Assert.Contains("--preset", Programs.RunHere([.. Attribute("other", "--preset", "paper-vision", "--sampler", "baoab")]).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_target_is_reached_and_more_draws_and_queries_are_added()
    {
        string[] settings = ["--sampler", "baoab", "--nbeta", "40", "--gamma", "5", "--chains", "2", "--keep-draws", "1MiB"];
        var said = Ok(Attribute("run", [.. settings, "--target-reliability", "0.5", "--draws", "4000"]));
        Assert.Contains("Reliability of subset sums", said, StringComparison.Ordinal);
        using (var record = JsonDocument.Parse(File.ReadAllText(_folder.At("run/run.json"))))
        {
            Assert.True(record.RootElement.GetProperty("outlook").GetProperty("reliability").GetDouble() >= 0.5);
            Assert.Equal(1, record.RootElement.GetProperty("kept").GetProperty("every").GetInt32());
        }

        Ok(Attribute("run", [.. settings, "--resume", "--draws", "5000"]));
        using var added = JsonDocument.Parse(Ok(["query", _folder.At("run"), "--queries", _folder.Root + "@test[0:1]", "--json"]).TrimEnd().Split('\n')[^1]);
        Assert.Equal(("kept", 3), (added.RootElement.GetProperty("way").GetString()!, added.RootElement.GetProperty("firstQuery").GetInt32()));
        using var top = JsonDocument.Parse(Ok(["top", _folder.At("run"), "--query", "3", "--method", "bif", "--alpha", "0.5", "--json"]));
        Assert.True(top.RootElement.GetProperty("helpful").GetArrayLength() > 0);
    }

    [Fact]
    public void A_sweep_leaves_a_table_a_figure_and_runs()
    {
        string[] line = [.. Attribute("sweep", "--draws", "100", "--chains", "2")[1..], "--damping-factors", "1,3", "--temperature-factors", "1", "--posterior"];
        var output = Ok(["sweep", .. line]);
        Assert.Contains("chains", output, StringComparison.Ordinal);
        var rows = File.ReadAllLines(_folder.At("sweep/sweep.csv"));
        Assert.Equal(4, rows.Length);
        Assert.StartsWith("damping_factor,temperature_factor,step_factor,chains,nbeta", rows[0], StringComparison.Ordinal);
        Assert.StartsWith("<svg", File.ReadAllText(_folder.At("sweep/sweep.svg")), StringComparison.Ordinal);
        using var table = JsonDocument.Parse(File.ReadAllText(_folder.At("sweep/sweep.json")));
        Assert.All(table.RootElement.EnumerateArray(), point => Assert.InRange(point.GetProperty("agreement").GetDouble(), 0.3, 1));
    }

    [Fact]
    public void Export_divides_by_a_power_of_the_deviation()
    {
        Ok(Attribute("run", "--nbeta", "40", "--gamma", "5", "--draws", "50", "--centering", "pooled"));
        Ok(["export", _folder.At("run"), "--format", "npy", "--alpha", "1", "--out", _folder.At("out")]);
        var (plain, divided) = (NpyFile.Read<float>(_folder.At("run/scores/bif.npy")).Values, NpyFile.Read<float>(_folder.At("out/bif_scaled.npy")).Values);
        var correlation = NpyFile.Read<float>(_folder.At("run/scores/correlation.npy")).Values;
        var ratio = divided[0] / correlation[0];
        Assert.All(Enumerable.Range(0, Items), item => Assert.Equal(ratio, divided[item] / correlation[item], 1e-3 * Math.Abs(ratio)));
        Assert.NotEqual(plain, divided);
    }

    [Fact]
    public void Top_ranks_by_correlation_by_covariance_and_by_a_comparison_method_and_says_what_the_sign_means()
    {
        Ok(Attribute("run", "--nbeta", "40", "--gamma", "5", "--draws", "200"));
        Ok(["compare", _folder.At("run"), "--methods", "gradsim"]);
        int[] Helpful(string method)
        {
            using var top = JsonDocument.Parse(Ok(["top", _folder.At("run"), "--query", "1", "-k", "6", "--method", method, "--json"]));
            Assert.Contains(method == "correlation" ? "positive helps" : "negative helps", top.RootElement.GetProperty("sign").GetString(), StringComparison.Ordinal);
            var scores = top.RootElement.GetProperty("helpful").EnumerateArray().Select(each => each.GetProperty("score").GetDouble()).ToList();
            Assert.True(scores.SequenceEqual(method == "correlation" ? scores.OrderDescending() : scores.Order()));
            return [.. top.RootElement.GetProperty("helpful").EnumerateArray().Select(each => each.GetProperty("item").GetInt32())];
        }

        var gradients = NpyFile.Read<float>(_folder.At("run/baselines/gradsim.npy")).Values[Items..(2 * Items)];
        Assert.Equal(Array.IndexOf(gradients, gradients.Min()), Helpful("gradsim")[0]);
        Assert.True(Helpful("bif").Intersect(Helpful("correlation")).Count() >= 3);
        Assert.Contains("bif compare", Programs.RunHere("top", _folder.At("run"), "--method", "ekfac").Errors, StringComparison.Ordinal);
    }

    private string[] Attribute(string run, params string[] more)
        => ["attribute", "--model", _folder.At("model"), "--data", _folder.Root + "@train", "--queries", _folder.Root + "@test", "--out", _folder.At(run), "--threads", "2", .. more];

    private static string Ok(string[] arguments)
    {
        var (code, output, errors) = Programs.RunHere(arguments);
        Assert.True(code == 0, $"{string.Join(' ', arguments)}: {errors}");
        return output + errors;
    }
}
