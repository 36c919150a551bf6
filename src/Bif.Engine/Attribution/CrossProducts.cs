using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Bif.Engine.Attribution;

/// <summary>
/// The matrix product of the estimate, sums[query, item] += Σ_draw y[draw, query]·x[draw, item], in float32. Written here
/// rather than taken from the tensor library because its sums must not depend on how draws and items were cut into chunks:
/// every sum is taken draw after draw, so that a resumed run, another chunk size or another number of threads gives the
/// same bits. A register tile of 4 queries × 64 items runs near the processor's multiply-add rate.
/// </summary>
internal static unsafe class CrossProducts
{
    /// <summary>Queries of a register tile: their number is padded to a multiple of it.</summary>
    public const int QueryStep = 4;

    /// <summary>Items of a register tile, and of a panel of x: their number is padded to a multiple of it.</summary>
    public const int ItemStep = 64;

    /// <summary>Adds the products of some draws of one panel of 64 items.</summary>
    /// <param name="x">Items [draws][64].</param>
    /// <param name="y">Queries as panels [queries / 4][draws][4].</param>
    /// <param name="yStride">Elements from one panel of queries to the next.</param>
    /// <param name="draws">Number of draws.</param>
    /// <param name="queries">Padded number of queries.</param>
    /// <param name="sums">The items' sums of query 0.</param>
    /// <param name="stride">Elements from one query's sums to the next one's.</param>
    /// <param name="fresh">Start from zero instead of what the sums hold.</param>
    public static void Add(float* x, float* y, long yStride, int draws, int queries, float* sums, long stride, bool fresh)
    {
        for (var query = 0; query < queries; query += QueryStep)
        {
            AddTile(x, y + (query / QueryStep * yStride), draws, sums + (query * stride), stride, fresh);
        }
    }

    /// <summary>Adds Σx and Σx² of some draws of one panel of 64 items, in float64.</summary>
    /// <param name="x">Items [draws][64].</param>
    /// <param name="draws">Number of draws.</param>
    /// <param name="sums">Σx.</param>
    /// <param name="squares">Σx².</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddMoments(float* x, int draws, double* sums, double* squares)
    {
        for (var lane = 0; lane < ItemStep; lane += Vector512<float>.Count)
        {
            double* sum = sums + lane, square = squares + lane;
            Vector512<double> sumLow = Vector512.Load(sum), sumHigh = Vector512.Load(sum + 8);
            Vector512<double> squareLow = Vector512.Load(square), squareHigh = Vector512.Load(square + 8);
            for (var draw = 0; draw < draws; draw++)
            {
                var (low, high) = Vector512.Widen(Vector512.Load(x + (draw * ItemStep) + lane));
                sumLow += low;
                sumHigh += high;
                squareLow = Vector512.FusedMultiplyAdd(low, low, squareLow);
                squareHigh = Vector512.FusedMultiplyAdd(high, high, squareHigh);
            }

            sumLow.Store(sum);
            sumHigh.Store(sum + 8);
            squareLow.Store(square);
            squareHigh.Store(square + 8);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddTile(float* x, float* y, int draws, float* sums, long stride, bool fresh)
    {
        float* s0 = sums, s1 = sums + stride, s2 = sums + (2 * stride), s3 = sums + (3 * stride);
        var zero = Vector512<float>.Zero;
        Vector512<float> a0 = zero, a1 = zero, a2 = zero, a3 = zero;
        Vector512<float> b0 = zero, b1 = zero, b2 = zero, b3 = zero;
        Vector512<float> c0 = zero, c1 = zero, c2 = zero, c3 = zero;
        Vector512<float> d0 = zero, d1 = zero, d2 = zero, d3 = zero;
        if (!fresh)
        {
            (a0, a1, a2, a3) = (Vector512.Load(s0), Vector512.Load(s0 + 16), Vector512.Load(s0 + 32), Vector512.Load(s0 + 48));
            (b0, b1, b2, b3) = (Vector512.Load(s1), Vector512.Load(s1 + 16), Vector512.Load(s1 + 32), Vector512.Load(s1 + 48));
            (c0, c1, c2, c3) = (Vector512.Load(s2), Vector512.Load(s2 + 16), Vector512.Load(s2 + 32), Vector512.Load(s2 + 48));
            (d0, d1, d2, d3) = (Vector512.Load(s3), Vector512.Load(s3 + 16), Vector512.Load(s3 + 32), Vector512.Load(s3 + 48));
        }

        for (var draw = 0; draw < draws; draw++)
        {
            Vector512<float> x0 = Vector512.Load(x), x1 = Vector512.Load(x + 16), x2 = Vector512.Load(x + 32), x3 = Vector512.Load(x + 48);
            var value = Vector512.Create(y[0]);
            a0 = Vector512.FusedMultiplyAdd(value, x0, a0);
            a1 = Vector512.FusedMultiplyAdd(value, x1, a1);
            a2 = Vector512.FusedMultiplyAdd(value, x2, a2);
            a3 = Vector512.FusedMultiplyAdd(value, x3, a3);
            value = Vector512.Create(y[1]);
            b0 = Vector512.FusedMultiplyAdd(value, x0, b0);
            b1 = Vector512.FusedMultiplyAdd(value, x1, b1);
            b2 = Vector512.FusedMultiplyAdd(value, x2, b2);
            b3 = Vector512.FusedMultiplyAdd(value, x3, b3);
            value = Vector512.Create(y[2]);
            c0 = Vector512.FusedMultiplyAdd(value, x0, c0);
            c1 = Vector512.FusedMultiplyAdd(value, x1, c1);
            c2 = Vector512.FusedMultiplyAdd(value, x2, c2);
            c3 = Vector512.FusedMultiplyAdd(value, x3, c3);
            value = Vector512.Create(y[3]);
            d0 = Vector512.FusedMultiplyAdd(value, x0, d0);
            d1 = Vector512.FusedMultiplyAdd(value, x1, d1);
            d2 = Vector512.FusedMultiplyAdd(value, x2, d2);
            d3 = Vector512.FusedMultiplyAdd(value, x3, d3);
            x += ItemStep;
            y += QueryStep;
        }

        Store(s0, a0, a1, a2, a3);
        Store(s1, b0, b1, b2, b3);
        Store(s2, c0, c1, c2, c3);
        Store(s3, d0, d1, d2, d3);
    }

    private static void Store(float* target, Vector512<float> v0, Vector512<float> v1, Vector512<float> v2, Vector512<float> v3)
    {
        v0.Store(target);
        v1.Store(target + 16);
        v2.Store(target + 32);
        v3.Store(target + 48);
    }
}
