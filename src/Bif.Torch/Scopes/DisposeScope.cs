using System.Diagnostics.CodeAnalysis;

namespace TorchSharp;

/// <summary>
/// Disposes the tensors that the thread creates while it is open, unless they were moved out. Scopes nest and belong to
/// the thread that opened them: no await inside one.
/// </summary>
public sealed partial class DisposeScope : IDisposable
{
    private readonly DisposeScopeManager _manager;
    private HashSet<IDisposable> _owned = NewSet();
    private bool _disposed;

    internal DisposeScope(DisposeScopeManager manager)
    {
        _manager = manager;
        OuterScope = manager.CurrentDisposeScope;
    }

    /// <summary>Number of tensors that this scope will dispose.</summary>
    public int DisposablesCount => Owned.Count;

    /// <summary>The tensors that this scope will dispose.</summary>
    public IReadOnlyList<IDisposable> DisposablesView => [.. Owned];

    internal DisposeScope? OuterScope { get; set; }

    // Every member but Dispose and Contains refuses to work on a scope that was closed.
    private HashSet<IDisposable> Owned
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _owned;
        }
    }

    /// <summary>Whether the scope will dispose it.</summary>
    public bool Contains(IDisposable disposable) => _owned.Contains(disposable);

    /// <summary>Takes ownership of tensors, from another scope or from none.</summary>
    public void Attach(IDisposable disposable)
    {
        if (Owned.Contains(disposable))
        {
            return;
        }

        _manager.TensorStatistics.AttachedToScopeCount++;
        Adopt(disposable);
    }

    /// <inheritdoc cref="Attach(IDisposable)"/>
    public void Attach(params IDisposable[] disposables) => _ = Attach((IEnumerable<IDisposable>)disposables);

    /// <inheritdoc cref="Attach(IDisposable)"/>
    public IReadOnlyList<IDisposable> Attach(IEnumerable<IDisposable> disposables)
    {
        IDisposable[] all = [.. disposables];
        foreach (var disposable in all)
        {
            Attach(disposable);
        }

        return all;
    }

    /// <summary>Disposes everything that the scope owns now; the scope stays open.</summary>
    public void DisposeEverything() => DisposeEverythingBut([]);

    /// <summary>Disposes everything that the scope owns now except the given ones, which it owns from then on.</summary>
    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        var before = Owned;
        _owned = NewSet();
        _owned.UnionWith(inKeep);
        foreach (var disposable in before)
        {
            if (!_owned.Contains(disposable))
            {
                disposable.Dispose();
            }
        }
    }

    /// <summary>Strikes a tensor off the list because its owner disposes it.</summary>
    public void MarkAsDisposed(IDisposable disposable)
    {
        Owned.Remove(disposable);
        Tensor(disposable).OwningDisposeScope = null;
    }

    /// <summary>Disposes everything that the scope owns and closes it.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        DisposeEverything();
        _manager.Close(this);
        _disposed = true;
    }

    internal void Register(torch.Tensor tensor) => _owned.Add(tensor);

    // In place of a tensor whose native object the replacement took over.
    internal void Replace(torch.Tensor original, torch.Tensor replacement)
    {
        Owned.Remove(original);
        original.OwningDisposeScope = null;
        Adopt(replacement);
    }

    private static HashSet<IDisposable> NewSet() => new(ReferenceEqualityComparer.Instance);

    [SuppressMessage("Performance", "CA1859", Justification = "The public API speaks of disposables.")]
    private static torch.Tensor Tensor(IDisposable disposable) => disposable as torch.Tensor
        ?? throw new InvalidOperationException($"A dispose scope owns tensors only, not a {disposable.GetType().Name}.");

    private void Adopt(IDisposable disposable)
    {
        var tensor = Tensor(disposable);
        tensor.OwningDisposeScope?._owned.Remove(tensor);
        _owned.Add(tensor);
        tensor.OwningDisposeScope = this;
    }
}

public static partial class torch
{
    /// <summary>Opens a scope on this thread.</summary>
    public static DisposeScope NewDisposeScope() => DisposeScopeManager.ThreadSingleton.Open();

    /// <summary>The innermost scope of this thread, or null.</summary>
    public static DisposeScope? CurrentDisposeScope => DisposeScopeManager.ThreadSingleton.CurrentDisposeScope;
}
