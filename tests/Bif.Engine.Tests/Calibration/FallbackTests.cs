using Bif.Engine.Checkpoints;
using Bif.Engine.Runs;
using Xunit;

namespace Bif.Engine.Tests.Calibration;

/// <summary>What becomes of a run whose checkpoint no temperature suits.</summary>
public sealed class FallbackTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bif-fallback-").FullName;

    [Fact]
    public void A_checkpoint_that_cannot_be_calibrated_is_sampled_at_the_familys_settings_where_no_sampler_was_asked_for()
    {
        var report = AttributionRun.Calibrate(Cliff(), null);
        Assert.Equal("sgld", report.Settings.Sampler);
    }

    [Fact]
    public void Where_one_was_asked_for_a_sentence_says_so()
        => Assert.Contains("No temperature", Assert.Throws<Engine.Calibration.UncalibratedException>(() => AttributionRun.Calibrate(Cliff() with { Sampler = "laplace" }, null)).Message, StringComparison.Ordinal);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // Hidden units that are barely off, so that the curvature does not show them, and whose outgoing weights are enormous.
    private RunSpec Cliff()
    {
        File.WriteAllText(Path.Combine(_folder, "config.json"), """{"model_type":"mlp","hidden_sizes":[4],"num_labels":2,"input_size":2}""");
        SafetensorsFile.Write(
            Path.Combine(_folder, "model.safetensors"),
            [
                ("layers.0.weight", [4, 2], new float[8]), ("layers.0.bias", [4], new[] { -1e-9f, -1e-9f, -1e-9f, -1e-9f }),
                ("layers.1.weight", [2, 4], new[] { 1e9f, -1e9f, 1e9f, -1e9f, -1e9f, 1e9f, -1e9f, 1e9f }), ("layers.1.bias", [2], new[] { 0.1f, -0.1f }),
            ]);
        foreach (var name in new[] { "train", "test" })
        {
            File.WriteAllLines(Path.Combine(_folder, name + ".csv"), Enumerable.Range(0, 40).Select(row => $"{row % 7},{row % 3},{row % 2}").Prepend("x0,x1,label"));
        }

        return new RunSpec { Model = _folder, Data = _folder + "@train", Queries = _folder + "@test[0:4]" };
    }
}
