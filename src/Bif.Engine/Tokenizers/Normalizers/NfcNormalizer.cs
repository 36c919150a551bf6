using System.Text;

namespace Bif.Engine.Tokenizers.Normalizers;

/// <summary>
/// Unicode normalisation form C (canonical decomposition, canonical order, composition; Unicode annex 15), own because
/// .NET's is switched off where culture is invariant, and because tokens need the ranges that characters came from.
/// </summary>
internal sealed class NfcNormalizer : INormalizer
{
    /// <inheritdoc/>
    public Piece Apply(Piece piece)
    {
        // Nothing below U+0300 combines or is excluded from composition.
        if (!piece.Span.ContainsAnyExceptInRange('\0', '\u02FF'))
        {
            return piece;
        }

        var characters = Decompose(piece);
        Order(characters);
        var builder = new AlignedText.Builder();
        Span<char> units = stackalloc char[2];
        foreach (var (rune, _, start, end) in Compose(characters))
        {
            builder.Append(units[..new Rune(rune).EncodeToUtf16(units)], (start, end));
        }

        return builder.Build().Whole;
    }

    private static List<(int Rune, int Class, int Start, int End)> Decompose(Piece piece)
    {
        var characters = new List<(int, int, int, int)>(piece.Length);
        var at = 0;
        foreach (var rune in piece.Span.EnumerateRunes())
        {
            var (start, end) = piece.Original(at, at + rune.Utf16SequenceLength);
            foreach (var part in CanonicalMapping.Decompose(rune.Value))
            {
                characters.Add((part, CanonicalMapping.CombiningClass(part), start, end));
            }

            at += rune.Utf16SequenceLength;
        }

        return characters;
    }

    // Marks between two starters are ordered by class, stably.
    private static void Order(List<(int Rune, int Class, int Start, int End)> characters)
    {
        for (var index = 1; index < characters.Count; index++)
        {
            for (var place = index; place > 0 && characters[place].Class > 0 && characters[place - 1].Class > characters[place].Class; place--)
            {
                (characters[place - 1], characters[place]) = (characters[place], characters[place - 1]);
            }
        }
    }

    // A mark joins the last starter unless one of its own or a higher class, or another starter, stands between.
    private static List<(int Rune, int Class, int Start, int End)> Compose(List<(int Rune, int Class, int Start, int End)> characters)
    {
        var composed = new List<(int Rune, int Class, int Start, int End)>(characters.Count);
        var starter = -1;
        foreach (var character in characters)
        {
            var free = starter >= 0 && (composed.Count - 1 == starter || (composed[^1].Class < character.Class && composed[^1].Class > 0));
            if (free && CanonicalMapping.Compose(composed[starter].Rune, character.Rune) is { } joined)
            {
                var first = composed[starter];
                composed[starter] = (joined, first.Class, Math.Min(first.Start, character.Start), Math.Max(first.End, character.End));
                continue;
            }

            if (character.Class == 0)
            {
                starter = composed.Count;
            }

            composed.Add(character);
        }

        return composed;
    }
}
