using Bif.Engine.Demo;
using Bif.Engine.Runs;
using Bif.Web.Hosting;

namespace Bif.Web.Jobs;

/// <summary>A run that a first start makes.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Spec">What it does.</param>
/// <param name="Write">Makes its data and network; what is there already is left as it is.</param>
public sealed record DemoRun(string Name, RunSpec Spec, Func<Action<DemoProgress>, CancellationToken, DemoPaths> Write);

/// <summary>The demos, in the order in which they are made.</summary>
public sealed class DemoRuns(BifOptions options)
{
    private const int ImageDraws = 500;

    /// <summary>All of them.</summary>
    public IReadOnlyList<DemoRun> All { get; } = [Images(Path.Combine(options.Data, "demo")), Texts(Path.Combine(options.Data, "demo-text"))];

    /// <summary>The demo that a run is about.</summary>
    public DemoRun Of(RunSpec spec) => All.Single(demo => demo.Spec.Data == spec.Data);

    private static DemoRun Images(string folder)
    {
        var paths = ShapesDemo.At(folder);
        return new(
            "Demo: ten drawn shapes",
            new() { Model = paths.Model, Data = paths.Train, Queries = paths.Queries, Draws = ImageDraws, KeepDraws = RunDesk.KeptBytes },
            (progress, cancellation) => ShapesDemo.Write(folder, progress, cancellation));
    }

    private static DemoRun Texts(string folder) => new(
        "Demo: sentences in two languages",
        BilingualDemo.Spec(BilingualDemo.At(folder)),
        (progress, cancellation) => BilingualDemo.Write(folder, progress, cancellation));
}
