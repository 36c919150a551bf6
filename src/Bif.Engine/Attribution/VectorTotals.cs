using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Bif.Engine.Attribution;

/// <summary><see cref="ScoreTotals"/> while they are being added up, sixteen items at a time.</summary>
internal struct VectorTotals
{
    private Vector512<float> _a;
    private Vector512<float> _b;
    private Vector512<float> _aa;
    private Vector512<float> _bb;
    private Vector512<float> _ab;
    private Vector512<float> _largest;
    private Vector512<float> _smallest;

    /// <summary>Adds items by the covariances of the two halves and the correlation; constant items bring zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(Vector512<float> a, Vector512<float> b, Vector512<float> correlation)
    {
        _a += a;
        _b += b;
        _aa += a * a;
        _bb += b * b;
        _ab += a * b;
        _largest = Vector512.Max(_largest, correlation);
        _smallest = Vector512.Min(_smallest, correlation);
    }

    /// <summary>The sums over lanes.</summary>
    /// <param name="items">Items with variance among those added.</param>
    /// <param name="aUnit">What 1 in the first half's covariances stands for.</param>
    /// <param name="bUnit">What 1 in the second half's covariances stands for.</param>
    public readonly ScoreTotals Reduce(int items, double aUnit, double bUnit) => new(
        items,
        aUnit * Vector512.Sum(_a),
        bUnit * Vector512.Sum(_b),
        aUnit * aUnit * Vector512.Sum(_aa),
        bUnit * bUnit * Vector512.Sum(_bb),
        aUnit * bUnit * Vector512.Sum(_ab),
        Largest(_largest),
        Math.Max(Largest(_largest), Largest(-_smallest)));

    private static float Largest(Vector512<float> lanes)
    {
        var largest = lanes[0];
        for (var lane = 1; lane < Vector512<float>.Count; lane++)
        {
            largest = Math.Max(largest, lanes[lane]);
        }

        return largest;
    }
}
