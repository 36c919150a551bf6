namespace TorchSharp;

/// <summary>The open dispose scopes of one thread and what became of its tensors.</summary>
public sealed class DisposeScopeManager
{
    [ThreadStatic]
    private static DisposeScopeManager? _threadSingleton;

    private readonly ThreadDisposeScopeStatistics _statistics = new();

    private DisposeScopeManager()
    {
    }

    /// <summary>The calling thread's counts.</summary>
    public static ThreadDisposeScopeStatistics Statistics => ThreadSingleton._statistics;

    internal static DisposeScopeManager ThreadSingleton => _threadSingleton ??= new();

    internal DisposeScope? CurrentDisposeScope { get; private set; }

    internal LifetimeStatistics TensorStatistics => _statistics.TensorStatistics;

    internal DisposeScope Open() => CurrentDisposeScope = new DisposeScope(this);

    // The scope that owns a new tensor, if one is open.
    internal DisposeScope? Register(torch.Tensor tensor)
    {
        if (CurrentDisposeScope is null)
        {
            TensorStatistics.CreatedOutsideScopeCount++;
            return null;
        }

        TensorStatistics.CreatedInScopeCount++;
        CurrentDisposeScope.Register(tensor);
        return CurrentDisposeScope;
    }

    // Scopes usually close from the inside out; one that closes before an inner one is taken out of the chain.
    internal void Close(DisposeScope closing)
    {
        if (ReferenceEquals(CurrentDisposeScope, closing))
        {
            CurrentDisposeScope = closing.OuterScope;
            return;
        }

        for (var scope = CurrentDisposeScope; scope is not null; scope = scope.OuterScope)
        {
            if (ReferenceEquals(scope.OuterScope, closing))
            {
                scope.OuterScope = closing.OuterScope;
            }
        }
    }
}
