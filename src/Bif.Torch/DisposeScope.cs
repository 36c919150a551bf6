namespace TorchSharp;

/// <summary>
/// Disposes the tensors that the thread creates while it is open, unless they were moved out. Scopes nest and belong to
/// the thread that opened them: no await inside one.
/// </summary>
public sealed class DisposeScope : IDisposable
{
    [ThreadStatic]
    private static DisposeScope? _current;

    private readonly HashSet<torch.Tensor> _tensors = new(ReferenceEqualityComparer.Instance);
    private bool _disposed;

    internal DisposeScope()
    {
        OuterScope = _current;
        _current = this;
    }

    /// <summary>The scope that was open before this one.</summary>
    public DisposeScope? OuterScope { get; }

    /// <summary>Tensors that this scope will dispose.</summary>
    public int DisposablesCount => _tensors.Count;

    /// <summary>Moves a tensor to the scope outside.</summary>
    public torch.Tensor MoveToOuter(torch.Tensor tensor) => tensor.MoveTo(OuterScope);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (ReferenceEquals(_current, this))
        {
            _current = OuterScope;
        }

        foreach (var tensor in _tensors)
        {
            tensor.DisposeByScope();
        }

        _tensors.Clear();
    }

    internal static DisposeScope? Current => _current;

    internal void Add(torch.Tensor tensor) => _tensors.Add(tensor);

    internal void Remove(torch.Tensor tensor) => _tensors.Remove(tensor);
}

public static partial class torch
{
    /// <summary>Opens a scope on this thread.</summary>
    public static DisposeScope NewDisposeScope() => new();
}
