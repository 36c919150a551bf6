using Bif.Engine.Arrays;
using Bif.Engine.Attribution;
using Bif.Engine.Curvature;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Runs;
using Bif.Engine.Traces;
using Bif.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.FirstOrder;

/// <summary>A run on a few stories whose query tokens' responses were all measured at its end.</summary>
public sealed class MeasuredRun : IDisposable
{
    public const string Llama = "stories260K", Stories = "text/tinystories.txt";
    private readonly TemporaryFolder _folder = new();

    public MeasuredRun()
    {
        if (System.IO.Directory.Exists(SharedData.At(Llama)) && File.Exists(SharedData.At(Stories)))
        {
            Execute("run", Spec());
            Directory = RunDirectory.Open(_folder.At("run"));
        }
    }

    public RunDirectory Directory { get; } = null!;

    public static RunSpec Spec() => new()
    {
        Model = SharedData.At(Llama), Data = SharedData.At(Stories) + "[0:6]", Queries = SharedData.At(Stories) + "[10:12]", Context = 24, Windows = "first", PerToken = true,
        Sampler = "laplace", Preconditioner = "lowrank", Rank = 12, Nbeta = 1e4, Gamma = 1e5, Chains = 2, Draws = 200, EvaluationBatch = 6, Threads = 1,
    };

    public RunDirectory Execute(string name, RunSpec spec)
    {
        Assert.True(AttributionRun.Execute(spec, _folder.At(name), resume: false, null, CancellationToken.None).Completed);
        return RunDirectory.Open(_folder.At(name));
    }

    public void Dispose() => _folder.Dispose();
}

[Trait("Pace", "slow")]
public sealed class TokenResponseTests(MeasuredRun measured) : IClassFixture<MeasuredRun>
{
    private const string Llama = MeasuredRun.Llama, Stories = MeasuredRun.Stories;

    [SharedDataFact(Llama, Stories)]
    public void Without_noise_a_covariance_is_the_product_of_gradients_with_the_Gaussian_between_them()
    {
        var record = measured.Directory.ReadRecord();
        using var scope = NewDisposeScope();
        using var model = Model.Load(record.Spec.Model, new Device("cpu"));
        using var data = DatasetLoader.Open(record.Spec.Data, record.Spec.InputOf(model), model.TargetKind);
        using var asked = DatasetLoader.Open(record.Spec.Queries, record.Spec.InputOf(model), model.TargetKind);
        using var train = new DataFeed(data, model.Input, new Device("cpu"));
        using var queries = new DataFeed(asked, model.Input, new Device("cpu"));
        using var curvature = CurvatureEstimate.Load(measured.Directory.Curvature, new Device("cpu"));
        using var gaussian = curvature.ToPreconditioner(record.Settings.Nbeta, record.Settings.Gamma);
        var tokens = RunTokens.Open(measured.Directory);
        foreach (var (query, token) in new[] { (0, 3), (1, 11) })
        {
            Assert.True(tokens.IsNoiseFree(query, token, TextLevel.Token));
            var direction = gaussian.Covariance(Gradient(model, queries, query, token).unsqueeze(0), record.Settings.Gamma).select(0, 0);
            var deviation = Math.Sqrt(direction.dot(Gradient(model, queries, query, token)).item<float>());
            foreach (var (item, place) in new[] { (0, 0), (2, 7), (5, 15) })
            {
                var gradient = Gradient(model, train, item, place);
                var exact = direction.dot(gradient).item<float>();
                var spread = Math.Sqrt(gaussian.Covariance(gradient.unsqueeze(0), record.Settings.Gamma).select(0, 0).dot(gradient).item<float>());
                var found = -tokens.Row(query, token, TextLevel.Token, item, TextLevel.Token, isPartial: false).Bif[0, place];
                Assert.Equal(exact / (deviation * spread), found / (deviation * spread), 0.01);
            }
        }
    }

    [SharedDataFact(Llama, Stories)]
    public void The_draws_estimate_what_is_measured() => CompareWithDraws(isPartial: false);

    [SharedDataFact(Llama, Stories)]
    public void The_draws_estimate_what_is_measured_without_the_common_mode() => CompareWithDraws(isPartial: true);

    private void CompareWithDraws(bool isPartial)
    {
        var tokens = RunTokens.Open(measured.Directory);
        var store = TraceStore.Open(measured.Directory.TokenTraces);
        var scores = new TokenScores(store);
        var deviations = new List<double>();
        for (var item = 0; item < 6; item++)
        {
            var exact = tokens.Block(0, TextLevel.Token, item, TextLevel.Token, isPartial);
            var drawn = scores.Block(tokens.OfQuery(TextLevel.Token, 0), tokens.Of(TextLevel.Token, item), isPartial);
            for (var index = 0; index < exact.Correlation.Length; index++)
            {
                var (row, column) = (index / exact.Correlation.GetLength(1), index % exact.Correlation.GetLength(1));
                deviations.Add(
                    (exact.Correlation[row, column] - drawn.Correlation[row, column]) / double.Hypot(drawn.CorrelationError[row, column], exact.CorrelationError[row, column]));
            }
        }

        // Sixteen batches: the errors' own noise widens the ratio a little.
        Assert.InRange(Math.Sqrt(deviations.Average(each => each * each)), 0.7, 1.5);
    }

    [SharedDataFact(Llama, Stories)]
    public void What_is_measured_adds_up_over_words_and_passages_of_both_sides()
    {
        var tokens = RunTokens.Open(measured.Directory);
        var each = tokens.Block(1, TextLevel.Token, 4, TextLevel.Token, isPartial: false).Bif;
        var whole = tokens.Row(1, null, TextLevel.Token, 4, TextLevel.Passage, isPartial: false).Bif[0, 0];
        Assert.Equal(each.Cast<float>().Sum(value => (double)value), whole, 1e-4 * Math.Abs(whole));
        var word = tokens.OfQuery(TextLevel.Word, 1)[2];
        var first = word.First - tokens.QueryTokens.Of(1).First;
        var row = tokens.Row(1, 2, TextLevel.Word, 4, TextLevel.Word, isPartial: false).Bif;
        var spans = tokens.Of(TextLevel.Word, 4);
        for (var index = 0; index < spans.Count; index++)
        {
            var sum = 0.0;
            for (var q = first; q < first + word.Count; q++)
            {
                for (var t = spans[index].First; t < spans[index].First + spans[index].Count; t++)
                {
                    sum += each[q, t - tokens.Tokens.Of(4).First];
                }
            }

            Assert.Equal(sum, row[0, index], (1e-4 * Math.Abs(sum)) + 1e-9);
        }

        // The whole corpus gives the same as its parts.
        var corpus = tokens.Related(1, 2, TextLevel.Word, TextLevel.Word, isPartial: false, CancellationToken.None);
        var at = Enumerable.Range(0, tokens.Corpus(TextLevel.Word).Count).First(index => tokens.Corpus(TextLevel.Word)[index] == spans[0]);
        Assert.Equal(row[0, 0], corpus.Bif[at], 6);
    }

    [SharedDataFact(Llama, Stories)]
    public void Measuring_stops_when_asked_and_goes_on_to_the_same_numbers()
    {
        var whole = measured.Directory;
        var run = measured.Execute("again", MeasuredRun.Spec());
        Directory.Delete(run.Responses, recursive: true);
        using var stop = new CancellationTokenSource();
        var asked = ResponseMeasurement.TokensOf(run, 0, null);
        Assert.False(ResponseMeasurement.Run(run, run, asked, done => StopAt(3, done, stop), stop.Token));
        var before = Directory.GetFiles(run.Responses).Length;
        Assert.InRange(before, 3, asked.Count);
        Assert.True(ResponseMeasurement.Run(run, run, asked, null, CancellationToken.None));
        foreach (var file in Directory.GetFiles(run.Responses))
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(whole.Responses, Path.GetFileName(file))), File.ReadAllBytes(file));
        }

        // Of a part of a query nothing is claimed.
        var tokens = RunTokens.Open(run);
        Assert.True(tokens.IsNoiseFree(0, null, TextLevel.Token));
        Assert.False(tokens.IsNoiseFree(1, 0, TextLevel.Token));

        NpyFile.Write<float>(Path.Combine(run.Responses, "0000000.npy"), [3], [1, 2, 3]);
        Assert.Contains("measure again", Assert.Throws<InputException>(() => RunTokens.Open(run).Row(0, 0, TextLevel.Token, 0, TextLevel.Token, false)).Message, StringComparison.Ordinal);
    }

    [SharedDataFact(Llama, Stories)]
    public void Draws_of_a_chain_have_no_known_covariance()
    {
        var run = measured.Execute("chains", MeasuredRun.Spec() with { Sampler = "sgld", Preconditioner = null, Rank = null, Epsilon = 1e-6, Batch = 2, Draws = 4 });
        Assert.False(Directory.Exists(run.Responses));
        Assert.Contains("--sampler laplace", Assert.Throws<InputException>(() => ResponseMeasurement.Run(run, run, [0], null, CancellationToken.None)).Message, StringComparison.Ordinal);
    }

    private static Tensor Gradient(Model model, DataFeed feed, int item, int token)
    {
        var selection = ParameterSelection.All(model.Layout);
        var (position, gradient) = (model.Parameters.clone(), zeros_like(model.Parameters));
        using var weights = model.Bind(selection, position, gradient);
        model.TokenLosses(weights, feed.Gather([item])).select(0, 0).select(0, token).backward();
        return gradient;
    }

    private static void StopAt(int after, int done, CancellationTokenSource stop)
    {
        if (done == after)
        {
            stop.Cancel();
        }
    }
}
