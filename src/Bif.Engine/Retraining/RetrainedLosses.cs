namespace Bif.Engine.Retraining;

/// <summary>What a bank measured on some of its subsets, as the judge of predictions.</summary>
public sealed class RetrainedLosses
{
    private readonly int[][] _members;
    private readonly double[][][] _losses;
    private readonly RankOrder[] _order;

    /// <summary>Takes measurements from memory.</summary>
    /// <param name="items">n, the number of training items.</param>
    /// <param name="members">The items of each subset.</param>
    /// <param name="losses">Nats, [query][repeat][subset].</param>
    public RetrainedLosses(int items, int[][] members, double[][][] losses)
    {
        (Items, _members, _losses) = (items, members, losses);
        _order = [.. losses.Select(repeats => new RankOrder(
            [.. Enumerable.Range(0, members.Length).Select(subset => repeats.Average(each => each[subset]))]))];
    }

    /// <summary>Reads subsets of a bank.</summary>
    /// <param name="bank">A bank in which their models are done.</param>
    /// <param name="first">The first subset.</param>
    /// <param name="count">How many.</param>
    /// <param name="repeats">How many repeats of each.</param>
    public static RetrainedLosses Of(RetrainingBank bank, int first, int count, int repeats) => new(
        bank.Record.Items,
        [.. Enumerable.Range(first, count).Select(subset => bank.Record.Spec.Items(subset, bank.Record.Items))],
        [.. Enumerable.Range(0, bank.Record.Queries).Select(query => Enumerable.Range(0, repeats)
            .Select(repeat => Enumerable.Range(first, count).Select(subset => (double)bank.Losses(subset, repeat)[query]).ToArray()).ToArray())]);

    /// <summary>n, the number of training items.</summary>
    public int Items { get; }

    /// <summary>q, the number of queries.</summary>
    public int Queries => _losses.Length;

    /// <summary>Number of subsets.</summary>
    public int Subsets => _members.Length;

    /// <summary>Order of the subsets by a query's loss, mean over the repeats.</summary>
    internal RankOrder Order(int query) => _order[query];

    /// <summary>Predicted losses of a query up to a constant: the scores summed over each subset.</summary>
    /// <param name="scores">Scores [item] of the query in the sense of BIF: negative = helpful = lowers the loss.</param>
    internal RankOrder Predict(ReadOnlySpan<float> scores)
    {
        var sums = new double[_members.Length];
        for (var subset = 0; subset < sums.Length; subset++)
        {
            foreach (var item in _members[subset])
            {
                sums[subset] += scores[item];
            }
        }

        return new RankOrder(sums);
    }

    /// <summary>
    /// How well a single retraining agrees with another of the same subset (mean over queries and pairs of repeats), and
    /// what LDS a perfect predictor of the expected loss would reach: the root of the reliability of a mean over the
    /// repeats, r·ρ/(1 + (r − 1)·ρ) by Spearman and Brown. Null with a single repeat.
    /// </summary>
    public (double SingleAgreement, double Ceiling)? Reliability()
    {
        var repeats = _losses.Length == 0 ? 0 : _losses[0].Length;
        if (repeats < 2)
        {
            return null;
        }

        var agreements = _losses
            .SelectMany(each => Enumerable.Range(0, repeats).SelectMany(a => Enumerable.Range(a + 1, repeats - a - 1).Select(b => Spearman.Of(each[a], each[b]))))
            .Where(double.IsFinite).ToArray();
        var single = agreements.Length == 0 ? 0 : agreements.Average();
        return (single, Math.Sqrt(Math.Max(0, repeats * single / (1 + ((repeats - 1) * single)))));
    }
}
