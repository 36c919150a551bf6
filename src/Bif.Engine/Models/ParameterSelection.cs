using System.IO.Enumeration;

namespace Bif.Engine.Models;

/// <summary>
/// The parameters that a chain moves, as one contiguous vector of their own; the others stay at the checkpoint.
/// </summary>
public sealed class ParameterSelection
{
    private readonly long[] _offsets;

    private ParameterSelection(Layout layout, bool[] selected)
    {
        _offsets = new long[selected.Length];
        for (var index = 0; index < selected.Length; index++)
        {
            _offsets[index] = selected[index] ? Count : -1;
            Count += selected[index] ? layout.Parameters[index].Length : 0;
        }

        IsAll = selected.All(each => each);
    }

    /// <summary>The length of the selected vector.</summary>
    public long Count { get; }

    /// <summary>Whether every parameter is selected, so that the selected vector is the flat vector.</summary>
    public bool IsAll { get; }

    /// <summary>All parameters.</summary>
    public static ParameterSelection All(Layout layout) => new(layout, [.. layout.Parameters.Select(_ => true)]);

    /// <summary>The parameters whose names match any of the patterns (<c>*</c> and <c>?</c> are wildcards).</summary>
    /// <exception cref="InputException">A pattern matches no parameter.</exception>
    public static ParameterSelection Matching(Layout layout, IReadOnlyCollection<string> patterns)
    {
        foreach (var pattern in patterns)
        {
            if (!layout.Parameters.Any(parameter => Matches(pattern, parameter.Name)))
            {
                throw new InputException(
                    $"--parameters \"{pattern}\" matches no parameter of this model; its first are "
                    + string.Join(", ", layout.Parameters.Take(4).Select(parameter => parameter.Name)) + ".");
            }
        }

        return patterns.Count == 0
            ? All(layout)
            : new(layout, [.. layout.Parameters.Select(each => patterns.Any(pattern => Matches(pattern, each.Name)))]);
    }

    /// <summary>Where parameter <paramref name="index"/> starts in the selected vector; null if it is not selected.</summary>
    public long? Offset(int index) => _offsets[index] < 0 ? null : _offsets[index];

    private static bool Matches(string pattern, string name) => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);
}
