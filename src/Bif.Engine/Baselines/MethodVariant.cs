using System.Globalization;

namespace Bif.Engine.Baselines;

/// <summary>
/// A comparison method as it is asked for and as its files are called: its name, or <c>ekfac@30</c> for EK-FAC at a damping
/// of 30 times each layer's mean eigenvalue, so that several dampings lie side by side.
/// </summary>
/// <param name="Method">The method's name in the catalog.</param>
/// <param name="Damping">The damping in the name, or null.</param>
public sealed record MethodVariant(string Method, double? Damping)
{
    private const char Mark = '@';

    /// <summary>What files and rows are called.</summary>
    public string Name => Damping is { } damping ? string.Create(CultureInfo.InvariantCulture, $"{Method}{Mark}{damping}") : Method;

    /// <summary>The method without its setting: variants of one family differ in the setting alone.</summary>
    public static string FamilyOf(string name) => name.Split(Mark)[0];

    /// <summary>Reads a word such as <c>gradsim</c> or <c>ekfac@30</c>; whether the method exists is the catalog's to say.</summary>
    /// <exception cref="InputException">The method has no damping, or the damping is no number above 0.</exception>
    public static MethodVariant Parse(string word)
    {
        var at = word.IndexOf(Mark);
        if (at < 0)
        {
            return new(word, null);
        }

        return word[..at] == "ekfac" && double.TryParse(word[(at + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out var damping) && damping > 0 && double.IsFinite(damping)
            ? new("ekfac", damping)
            : throw new InputException($"\"{word}\" is no method with a setting: only ekfac takes one, a damping above 0 as in ekfac@30.");
    }
}
