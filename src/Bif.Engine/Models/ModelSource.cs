namespace Bif.Engine.Models;

/// <summary>What an architecture is built from.</summary>
/// <param name="Config">The configuration.</param>
/// <param name="CheckpointShape">Shape of a tensor in the checkpoint, or null where there is none (or no checkpoint).</param>
public sealed record ModelSource(ModelConfig Config, Func<string, long[]?> CheckpointShape)
{
    /// <summary>A size from the configuration, else from a dimension of a checkpoint's tensor.</summary>
    /// <exception cref="InputException">Neither has it.</exception>
    public int Size(string field, string tensor, int dimension) => Config.Has(field)
        ? Config.Integer(field)
        : CheckpointShape(tensor) is { } shape && shape.Length > dimension
            ? (int)shape[dimension]
            : throw Config.Invalid(field, "is missing, and no checkpoint tells it");
}
