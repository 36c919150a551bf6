using System.Runtime.Intrinsics;

namespace Bif.Engine.Attribution;

/// <summary><see cref="ScoreTotals"/> while they are being added up, eight items at a time.</summary>
internal struct VectorTotals
{
    private Vector512<double> _a;
    private Vector512<double> _b;
    private Vector512<double> _aa;
    private Vector512<double> _bb;
    private Vector512<double> _ab;
    private Vector512<double> _largest;
    private Vector512<double> _smallest;

    /// <summary>Adds items by the covariances of the two halves and the correlation; constant items bring zeros.</summary>
    public void Add(Vector512<double> a, Vector512<double> b, Vector512<double> correlation)
    {
        _a += a;
        _b += b;
        _aa = Vector512.FusedMultiplyAdd(a, a, _aa);
        _bb = Vector512.FusedMultiplyAdd(b, b, _bb);
        _ab = Vector512.FusedMultiplyAdd(a, b, _ab);
        _largest = Vector512.Max(_largest, correlation);
        _smallest = Vector512.Min(_smallest, correlation);
    }

    /// <summary>The sums over lanes.</summary>
    /// <param name="items">Items with variance among those added.</param>
    public readonly ScoreTotals Reduce(int items) => new(
        items,
        Vector512.Sum(_a),
        Vector512.Sum(_b),
        Vector512.Sum(_aa),
        Vector512.Sum(_bb),
        Vector512.Sum(_ab),
        Largest(_largest),
        Math.Max(Largest(_largest), Largest(-_smallest)));

    private static float Largest(Vector512<double> lanes)
    {
        var largest = lanes[0];
        for (var lane = 1; lane < Vector512<double>.Count; lane++)
        {
            largest = Math.Max(largest, lanes[lane]);
        }

        return (float)largest;
    }
}
