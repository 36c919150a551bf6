using Bif.Kernels;

namespace Bif.Engine.Retraining;

/// <summary>Which models a bank holds. Subsets and seeds follow from the seed one by one: a larger bank contains the smaller.</summary>
/// <param name="Alpha">Share of the training items that each model sees, between 0 and 1.</param>
/// <param name="Subsets">m, number of random subsets.</param>
/// <param name="Repeats">r, models per subset, which differ in initial weights and order.</param>
/// <param name="Seed">Seed of subsets and models.</param>
public sealed record BankSpec(double Alpha = 0.5, int Subsets = 100, int Repeats = 3, ulong Seed = 0)
{
    /// <summary>Number of items in each subset of <paramref name="items"/>.</summary>
    /// <exception cref="InputException">The share leaves nothing in or nothing out.</exception>
    public int SizeOf(int items) => (int)Math.Round(Alpha * items) is var size && size > 0 && size < items
        ? size
        : throw new InputException($"A share of {Alpha} of {items} items is {size} items: --alpha must leave some in and some out.");

    /// <summary>The items of a subset by rising index.</summary>
    public int[] Items(int subset, int items)
    {
        var chosen = new int[SizeOf(items)];
        new PhiloxStream(Seed, (uint)subset, PhiloxPurpose.Retraining, 0).SampleWithoutReplacement(items, chosen);
        Array.Sort(chosen);
        return chosen;
    }

    /// <summary>A model of the bank.</summary>
    public RetrainedModel Model(int subset, int repeat, int items)
        => new(subset, repeat, Items(subset, items), new PhiloxStream(Seed, (uint)subset, PhiloxPurpose.Retraining, 1 + (ulong)repeat).NextUInt64());
}
