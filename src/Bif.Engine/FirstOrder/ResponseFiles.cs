using Bif.Engine.Arrays;

namespace Bif.Engine.FirstOrder;

/// <summary>
/// The folder <c>responses</c> of a run: for each measured query token q an .npy of float32 [traced training tokens + tokens of
/// its query], nats²: what the first-order parts of those losses have in common with q's, g_qᵀ·Σ·g_t, without Monte Carlo noise.
/// The sum of all traced tokens, the common mode, has a file too; behind its training tokens stands its own variance.
/// </summary>
/// <param name="root">The folder.</param>
internal sealed class ResponseFiles(string root)
{
    /// <summary>The folder itself.</summary>
    public string Root { get; } = root;

    /// <summary>The common mode's file.</summary>
    public string Common => Path.Combine(Root, "common.npy");

    /// <summary>A query token's file.</summary>
    public string Of(int token) => Path.Combine(Root, $"{token:D7}.npy");

    /// <summary>Whether a query token and the common mode were measured.</summary>
    public bool Has(int token) => File.Exists(Of(token)) && File.Exists(Common);

    /// <summary>The numbers of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="length">How many it should have.</param>
    /// <exception cref="InputException">The file is damaged or of other texts.</exception>
    public static float[] Read(string path, int length)
    {
        var (shape, values) = NpyFile.Read<float>(path);
        return shape is [var found] && found == length ? values
            : throw new InputException($"{path} has the shape ({string.Join(", ", shape)}) and not ({length}): delete its folder and measure again.");
    }
}
