namespace Bif.Web.Jobs;

/// <summary>Settings by purpose, where the person gives none themselves.</summary>
/// <param name="Name">In addresses and requests.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Meaning">What it does, in words.</param>
/// <param name="Over">Fills what an order leaves open.</param>
public sealed record RunPreset(string Name, string Title, string Meaning, Func<NewRun, NewRun> Over)
{
    /// <summary>The usual one.</summary>
    public const string Standard = "standard";

    /// <summary>All presets.</summary>
    public static IReadOnlyList<RunPreset> All { get; } =
    [
        new("quick", "Quick look", "100 draws per chain: the strongest relations only", run => run with { Draws = run.Draws ?? 100 }),
        new(Standard, "Standard", "settings and number of draws calibrated at the checkpoint", run => run),
        new("careful", "Careful", "2,000 draws per chain: for numbers that are reported", run => run with { Draws = run.Draws ?? 2000 }),
        new("paper-vision", "As published", "the paper's settings for vision: SGLD, ε 1e-4, nβ 10, γ 1000", run => run with
        {
            Sampler = run.Sampler ?? "sgld", Epsilon = run.Epsilon ?? 1e-4, Nbeta = run.Nbeta ?? 10, Gamma = run.Gamma ?? 1000,
        }),
    ];
}
