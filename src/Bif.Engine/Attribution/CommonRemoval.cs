namespace Bif.Engine.Attribution;

/// <summary>
/// Sums of products over the draws of two series x (a training span) and y (a query span), before and after both are
/// regressed on m, the mean loss of all training tokens that are not in the span: m = (M − x)/k, M their sum over all tokens.
/// </summary>
internal ref struct CommonRemoval(Span<double> xy, Span<double> xx, Span<double> yy, ReadOnlySpan<double> withX, ReadOnlySpan<double> withY, ReadOnlySpan<double> squares)
{
    private readonly Span<double> _xy = xy;
    private readonly Span<double> _xx = xx;
    private readonly Span<double> _yy = yy;
    private readonly ReadOnlySpan<double> _withX = withX;
    private readonly ReadOnlySpan<double> _withY = withY;
    private readonly ReadOnlySpan<double> _squares = squares;

    /// <summary>Replaces the products by those of the residuals, batch by batch; slopes are those of all batches together.</summary>
    /// <param name="others">k, tokens that are not in the span.</param>
    public readonly void Apply(int others)
    {
        var (x, y, square) = (0.0, 0.0, 0.0);
        for (var b = 0; b < _xy.Length; b++)
        {
            var (xm, ym, mm) = WithMean(b, others);
            (x, y, square) = (x + xm, y + ym, square + mm);
        }

        if (!(square > 0))
        {
            return;
        }

        var (slopeX, slopeY) = (x / square, y / square);
        for (var b = 0; b < _xy.Length; b++)
        {
            var (xm, ym, mm) = WithMean(b, others);
            _xy[b] += (slopeX * slopeY * mm) - (slopeX * ym) - (slopeY * xm);
            _xx[b] += (slopeX * slopeX * mm) - (2 * slopeX * xm);
            _yy[b] += (slopeY * slopeY * mm) - (2 * slopeY * ym);
        }
    }

    private readonly (double X, double Y, double Square) WithMean(int b, int others)
        => ((_withX[b] - _xx[b]) / others, (_withY[b] - _xy[b]) / others, (_squares[b] - (2 * _withX[b]) + _xx[b]) / ((double)others * others));
}
