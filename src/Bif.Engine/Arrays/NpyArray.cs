namespace Bif.Engine.Arrays;

/// <summary>An array as read from a .npy file.</summary>
/// <param name="Shape">Lengths of the dimensions; empty for a single number.</param>
/// <param name="Values">All elements, row-major.</param>
public sealed record NpyArray<T>(long[] Shape, T[] Values) where T : unmanaged;
