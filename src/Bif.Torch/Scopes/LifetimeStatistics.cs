namespace TorchSharp;

/// <summary>Counts of created, moved and disposed objects of one kind on one thread.</summary>
public sealed class LifetimeStatistics
{
    internal LifetimeStatistics()
    {
    }

    /// <summary>Created while a scope was open.</summary>
    public long CreatedInScopeCount { get; internal set; }

    /// <summary>Created while no scope was open.</summary>
    public long CreatedOutsideScopeCount { get; internal set; }

    /// <summary>Disposed while a scope owned them.</summary>
    public long DisposedInScopeCount { get; internal set; }

    /// <summary>Disposed while no scope owned them.</summary>
    public long DisposedOutsideScopeCount { get; internal set; }

    /// <summary>Given to a scope after their creation.</summary>
    public long AttachedToScopeCount { get; internal set; }

    /// <summary>Taken out of their scope for the caller to dispose.</summary>
    public long DetachedFromScopeCount { get; internal set; }

    /// <summary>Created and not disposed yet; what finalizers release is not counted as disposed.</summary>
    public long ThreadTotalLiveCount
        => CreatedInScopeCount + CreatedOutsideScopeCount - DisposedInScopeCount - DisposedOutsideScopeCount;

    /// <summary>Starts counting from zero.</summary>
    public void Reset()
    {
        CreatedInScopeCount = CreatedOutsideScopeCount = 0;
        DisposedInScopeCount = DisposedOutsideScopeCount = 0;
        AttachedToScopeCount = DetachedFromScopeCount = 0;
    }

    /// <inheritdoc/>
    public override string ToString()
        => $"live {ThreadTotalLiveCount}; created in scopes {CreatedInScopeCount}, outside {CreatedOutsideScopeCount}; disposed in "
        + $"scopes {DisposedInScopeCount}, outside {DisposedOutsideScopeCount}; attached {AttachedToScopeCount}, detached {DetachedFromScopeCount}";
}
