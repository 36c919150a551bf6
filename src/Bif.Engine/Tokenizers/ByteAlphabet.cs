namespace Bif.Engine.Tokenizers;

/// <summary>
/// The 256 printable characters by which byte-level vocabularies write bytes (GPT-2): printable Latin-1 stands for itself,
/// the other bytes for U+0100 onwards.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] Characters = Build();
    private static readonly Dictionary<char, byte> Bytes = Enumerable.Range(0, 256).ToDictionary(value => Characters[value], value => (byte)value);

    /// <summary>The character of a byte.</summary>
    public static char Character(byte value) => Characters[value];

    /// <summary>The bytes that a token is written for, or null where it has a character outside the alphabet.</summary>
    public static byte[]? Decode(string token)
    {
        var bytes = new byte[token.Length];
        for (var index = 0; index < token.Length; index++)
        {
            if (!Bytes.TryGetValue(token[index], out bytes[index]))
            {
                return null;
            }
        }

        return bytes;
    }

    private static char[] Build()
    {
        var characters = new char[256];
        var next = 0x100;
        for (var value = 0; value < 256; value++)
        {
            var printable = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            characters[value] = printable ? (char)value : (char)next++;
        }

        return characters;
    }
}
