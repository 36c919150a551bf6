using System.Text;

namespace Bif.Engine.Tests.Tokenizers;

/// <summary>Strings that look for trouble: scripts, marks, emoji, runs of space, contractions, special tokens.</summary>
internal static class RandomText
{
    private static readonly string[] Parts =
    [
        " ", "  ", "    ", "\n", "\t", "\r\n", "the", "Hello", "colour", "'s", "'ll", "'", "\"", "I've", "x", "123", "4567890", "3.14", "http://a.b/c?d=1",
        "naïve", "façade", "e\u0301", "ÅNGSTRÖM", "ß", "ﬁ", "日本語", "の", "한국어", "Привет", "שלום", "مرحبا", "नमस्ते", "😀", "👩\u200d👩\u200d👧", "🇫🇷", "𝔘𝔫𝔦", "𝟘𝟙",
        "\u00A0", "\u2003", "\u3000", "…", "—", "«»", "()[]{}", "!?", "#", "@", "_", "\\", "€", "½", "Ⅷ", "²", "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", "def f(x):\n    return",
        "<|endoftext|>", "<s>", "▁", "Z\u030C\u0323", "\u0301",
    ];

    /// <summary>So many strings; they follow from the seed.</summary>
    public static IEnumerable<string> Strings(int count, int seed)
    {
        var random = new Random(seed);
        for (var number = 0; number < count; number++)
        {
            var text = new StringBuilder();
            for (var part = random.Next(1, 14); part > 0; part--)
            {
                text.Append(random.Next(8) == 0 ? new Rune(RandomCode(random)).ToString() : Parts[random.Next(Parts.Length)]);
            }

            yield return text.ToString();
        }
    }

    private static int RandomCode(Random random) => random.Next(4) switch
    {
        0 => random.Next(0x20, 0x7F),
        1 => random.Next(0xA1, 0x250),
        2 => random.Next(0x370, 0x530),
        _ => random.Next(0x4E00, 0x9FA0),
    };
}
