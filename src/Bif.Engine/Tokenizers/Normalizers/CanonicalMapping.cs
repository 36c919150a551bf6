using System.Globalization;

namespace Bif.Engine.Tokenizers.Normalizers;

/// <summary>
/// Unicode's canonical decompositions, compositions and combining classes, from the embedded table
/// <c>CanonicalMapping.txt</c>; Hangul syllables by their arithmetic (The Unicode Standard, section 3.12).
/// </summary>
internal static class CanonicalMapping
{
    private const int SyllableBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int Leads = 19, Vowels = 21, Tails = 28;
    private static readonly Dictionary<int, int[]> Decompositions = [];
    private static readonly Dictionary<(int, int), int> Compositions = [];
    private static readonly Dictionary<int, int> Classes = [];

    static CanonicalMapping()
    {
        var pairs = new Dictionary<int, int[]>();
        using var stream = typeof(CanonicalMapping).Assembly.GetManifestResourceStream(typeof(CanonicalMapping), "CanonicalMapping.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            // "c CLASS FIRST LAST", "d CODE PART PART" or, where the parts do not compose again, "x CODE PART [PART]".
            var fields = line.Split(' ');
            var numbers = fields[1..].Select(field => int.Parse(field, NumberStyles.HexNumber)).ToArray();
            switch (fields[0])
            {
                case "c":
                    for (var code = numbers[1]; code <= numbers[2]; code++)
                    {
                        Classes[code] = numbers[0];
                    }

                    break;
                case "d":
                    Compositions[(numbers[1], numbers[2])] = numbers[0];
                    pairs[numbers[0]] = numbers[1..];
                    break;
                case "x":
                    pairs[numbers[0]] = numbers[1..];
                    break;
            }
        }

        foreach (var code in pairs.Keys)
        {
            Decompositions[code] = [.. Expand(code, pairs)];
        }
    }

    /// <summary>The canonical combining class; 0 for starters.</summary>
    public static int CombiningClass(int code) => Classes.GetValueOrDefault(code);

    /// <summary>The full canonical decomposition; the character itself where it has none.</summary>
    public static int[] Decompose(int code)
    {
        var syllable = code - SyllableBase;
        if (syllable is < 0 or >= Leads * Vowels * Tails)
        {
            return Decompositions.TryGetValue(code, out var parts) ? parts : [code];
        }

        var (lead, vowel, tail) = (LeadBase + (syllable / (Vowels * Tails)), VowelBase + (syllable / Tails % Vowels), TailBase + (syllable % Tails));
        return tail == TailBase ? [lead, vowel] : [lead, vowel, tail];
    }

    /// <summary>The character that two compose to, or null.</summary>
    public static int? Compose(int first, int second)
    {
        if (first is >= LeadBase and < LeadBase + Leads && second is >= VowelBase and < VowelBase + Vowels)
        {
            return SyllableBase + ((((first - LeadBase) * Vowels) + second - VowelBase) * Tails);
        }

        if (first is >= SyllableBase and < SyllableBase + (Leads * Vowels * Tails) && (first - SyllableBase) % Tails == 0
            && second is > TailBase and < TailBase + Tails)
        {
            return first + second - TailBase;
        }

        return Compositions.TryGetValue((first, second), out var joined) ? joined : null;
    }

    private static IEnumerable<int> Expand(int code, Dictionary<int, int[]> pairs)
        => pairs.TryGetValue(code, out var parts) ? parts.SelectMany(part => Expand(part, pairs)) : [code];
}
