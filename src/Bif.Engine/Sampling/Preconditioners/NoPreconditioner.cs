namespace Bif.Engine.Sampling.Preconditioners;

/// <summary>The weights as they are.</summary>
public sealed class NoPreconditioner : Preconditioner
{
    /// <inheritdoc/>
    public override string Name => "none";

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
