namespace Bif.Engine.Sampling;

/// <summary>Memory of two blocks in turn: one is filled while the other is written.</summary>
/// <param name="make">Makes the memory of one block.</param>
internal sealed class TwoBlocks<T>(Func<T> make) where T : class
{
    private T? _other;

    /// <summary>The one that is filled.</summary>
    public T Current { get; private set; } = make();

    /// <summary>The full one; the other, which nothing may read any more, is filled next.</summary>
    public T Turn()
    {
        var full = Current;
        (Current, _other) = (_other ?? make(), full);
        return full;
    }
}
