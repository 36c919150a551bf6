using Bif.Engine.Data;

namespace Bif.Engine.Tests.Baselines;

/// <summary>Texts given by their tokens, of a vocabulary of ten.</summary>
internal static class TokenTexts
{
    public static Dataset Of(params int[][] tokens)
    {
        var offsets = new int[tokens.Length + 1];
        for (var item = 0; item < tokens.Length; item++)
        {
            offsets[item + 1] = offsets[item] + tokens[item].Length;
        }

        var zeros = new int[offsets[^1]];
        var text = new TextItems([.. tokens.SelectMany(each => each)], zeros, zeros, offsets, [.. tokens.Select(_ => "")], new int[tokens.Length], new int[tokens.Length], 10);
        return new Dataset { Items = new TokenReader(text), Path = "texts", Format = "texts", Hash = "0", Text = text };
    }
}
