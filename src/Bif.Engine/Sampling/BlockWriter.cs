namespace Bif.Engine.Sampling;

/// <summary>Writes a chain's finished block on another thread while the chain computes the next: one block at a time, in their order.</summary>
internal sealed class BlockWriter : IDisposable
{
    private Task _writing = Task.CompletedTask;

    /// <summary>Begins to write, when the block before is written.</summary>
    /// <exception cref="IOException">Writing that one failed.</exception>
    public void Begin(Action write)
    {
        Wait();
        _writing = Task.Run(write);
    }

    /// <summary>Returns when all is written.</summary>
    /// <exception cref="IOException">Writing failed.</exception>
    public void Wait() => _writing.GetAwaiter().GetResult();

    /// <summary>Waits; a failure that nobody waited for goes with the one that ended the chain.</summary>
    public void Dispose() => Task.WhenAny(_writing).GetAwaiter().GetResult();
}
