using System.Globalization;
using System.Text;

namespace Bif.Engine.Tokenizers;

/// <summary>Steps by which written tokens become text again; each takes and gives a list of texts.</summary>
internal static class TokenDecoder
{
    /// <summary>The bytes behind byte-level tokens, as UTF-8; what is no UTF-8 becomes U+FFFD.</summary>
    public static IReadOnlyList<string> ByteLevel(IReadOnlyList<string> tokens)
        => [Encoding.UTF8.GetString([.. tokens.SelectMany(token => ByteAlphabet.Decode(token) ?? Encoding.UTF8.GetBytes(token))])];

    /// <summary>Runs of <c>&lt;0xNN&gt;</c> as UTF-8; each byte of a run that is no UTF-8 becomes U+FFFD.</summary>
    public static IReadOnlyList<string> ByteFallback(IReadOnlyList<string> tokens)
    {
        var texts = new List<string>();
        var run = new List<byte>();
        foreach (var token in tokens)
        {
            if (token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
                && byte.TryParse(token.AsSpan(3, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var value))
            {
                run.Add(value);
                continue;
            }

            Flush(run, texts);
            texts.Add(token);
        }

        Flush(run, texts);
        return texts;
    }

    /// <summary>One text.</summary>
    public static IReadOnlyList<string> Fuse(IReadOnlyList<string> tokens) => [string.Concat(tokens)];

    /// <summary>A sign in place of a text.</summary>
    public static Func<IReadOnlyList<string>, IReadOnlyList<string>> Replace(string pattern, string content)
        => tokens => [.. tokens.Select(token => token.Replace(pattern, content, StringComparison.Ordinal))];

    /// <summary>At most so many of a sign are taken from the beginning and the end of each text.</summary>
    public static Func<IReadOnlyList<string>, IReadOnlyList<string>> Strip(char sign, int start, int stop) => tokens => [.. tokens.Select(token =>
    {
        var (first, last) = (0, token.Length);
        while (first < Math.Min(start, token.Length) && token[first] == sign)
        {
            first++;
        }

        while (token.Length - last < stop && last > first && token[last - 1] == sign)
        {
            last--;
        }

        return token[first..last];
    })];

    /// <summary>The visible sign as a space, and none at the very beginning where encoding put one.</summary>
    public static Func<IReadOnlyList<string>, IReadOnlyList<string>> Metaspace(string sign, bool prepends) => tokens => [.. tokens.Select(
        (token, index) => (index == 0 && prepends && token.StartsWith(sign, StringComparison.Ordinal) ? token[sign.Length..] : token)
            .Replace(sign, " ", StringComparison.Ordinal))];

    private static void Flush(List<byte> run, List<string> texts)
    {
        if (run.Count == 0)
        {
            return;
        }

        try
        {
            texts.Add(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. run]));
        }
        catch (DecoderFallbackException)
        {
            texts.Add(new string('\uFFFD', run.Count));
        }

        run.Clear();
    }
}
