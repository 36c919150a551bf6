using Bif.Engine.Tokenizers.Normalizers;
using Bif.Engine.Tokenizers.PreTokenizers;

namespace Bif.Engine.Tokenizers;

/// <summary>
/// A byte pair tokenizer from a Hugging Face <c>tokenizer.json</c>: byte-level (GPT-2, GPT-NeoX, Llama 3) or with byte
/// fallback (Llama). Gives the ids of the reference implementation. Safe to use from several threads.
/// </summary>
public sealed class Tokenizer
{
    private readonly TokenizerParts _parts;
    private readonly AddedTokenMatcher _beforeNormalizing;
    private readonly AddedTokenMatcher _afterNormalizing;
    private readonly HashSet<int> _special;
    private readonly string?[] _tokens;

    internal Tokenizer(TokenizerParts parts)
    {
        _parts = parts;
        _beforeNormalizing = new AddedTokenMatcher(parts.Added.Where(entry => !entry.Normalized).Select(entry => entry.Token));
        _afterNormalizing = new AddedTokenMatcher(parts.Added.Where(entry => entry.Normalized).Select(entry => entry.Token with { Content = Normalize(entry.Token.Content) }));
        _special = [.. parts.Added.Where(entry => entry.Token.Special).Select(entry => entry.Token.Id)];
        _tokens = new string?[1 + parts.Ids.Values.Concat(parts.Added.Select(entry => entry.Token.Id)).DefaultIfEmpty(-1).Max()];
        foreach (var (token, id) in parts.Ids)
        {
            _tokens[id] = token;
        }

        foreach (var (token, _) in parts.Added)
        {
            _tokens[token.Id] = token.Content;
        }
    }

    /// <summary>One more than the largest id.</summary>
    public int VocabularySize => _tokens.Length;

    /// <summary>SHA-256 (hex) of the file it was read from.</summary>
    public string Hash => _parts.Hash;

    /// <summary>Ids put before every text when special tokens are asked for.</summary>
    public IReadOnlyList<int> Prefix => _parts.Prefix;

    /// <summary>Reads a tokenizer.json.</summary>
    /// <exception cref="InputException">Missing, damaged, or with a part that is not supported, named.</exception>
    public static Tokenizer Load(string file) => new(TokenizerReader.Read(file));

    /// <summary>Encodes a text. Unpaired surrogates count as U+FFFD.</summary>
    /// <param name="text">The text.</param>
    /// <param name="addSpecialTokens">Whether the template's tokens (Llama's beginning of sequence) are put around it.</param>
    public EncodedText Encode(string text, bool addSpecialTokens = false)
    {
        var (ids, starts, ends) = (new List<int>(), new List<int>(), new List<int>());
        void Add(int id, (int Start, int End) range)
        {
            ids.Add(id);
            starts.Add(range.Start);
            ends.Add(range.End);
        }

        void AddAll(IEnumerable<int> special, int place)
        {
            foreach (var id in addSpecialTokens ? special : [])
            {
                Add(id, (place, place));
            }
        }

        AddAll(_parts.Prefix, 0);
        foreach (var (outer, outerId) in _beforeNormalizing.Split(new AlignedText(WellFormed(text), 0).Whole))
        {
            if (outerId is { } special)
            {
                Add(special, outer.Original(0, outer.Length));
                continue;
            }

            var normalized = _parts.Normalizer?.Apply(outer) ?? outer;
            foreach (var (inner, innerId) in _afterNormalizing.Split(normalized))
            {
                if (innerId is { } added)
                {
                    Add(added, inner.Original(0, inner.Length));
                    continue;
                }

                foreach (var word in _parts.PreTokenizer?.Split(inner) ?? [inner])
                {
                    foreach (var token in _parts.Model.Tokenize(word.Span))
                    {
                        Add(token.Id, word.Original(token.Start, token.End));
                    }
                }
            }
        }

        AddAll(_parts.Suffix, text.Length);
        return new EncodedText([.. ids], [.. starts], [.. ends]);
    }

    /// <summary>The text of ids; unknown ids give nothing.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecialTokens">Whether tokens with a role beside text are left out.</param>
    public string Decode(IEnumerable<int> ids, bool skipSpecialTokens = false)
    {
        IReadOnlyList<string> texts =
            [.. ids.Where(id => !(skipSpecialTokens && _special.Contains(id))).Select(Token).Where(token => token is not null).Select(token => token!)];
        return _parts.Decoder.Count == 0
            ? string.Join(' ', texts)
            : string.Concat(_parts.Decoder.Aggregate(texts, static (tokens, step) => step(tokens)));
    }

    /// <summary>A token as the vocabulary writes it (byte-level tokens in GPT-2's alphabet), or null for an unknown id.</summary>
    public string? Token(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;

    /// <summary>The id of a token as the vocabulary writes it, or null.</summary>
    public int? Find(string token) => Array.IndexOf(_tokens, token) is >= 0 and var id ? id : null;

    private string Normalize(string text) => _parts.Normalizer is { } normalizer
        ? normalizer.Apply(new AlignedText(text, 0).Whole).Span.ToString()
        : text;

    private static string WellFormed(string text)
    {
        var characters = (char[]?)null;
        for (var index = 0; index < text.Length; index++)
        {
            if (!char.IsSurrogate(text[index]))
            {
                continue;
            }

            if (char.IsHighSurrogate(text[index]) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
            {
                index++;
                continue;
            }

            characters ??= text.ToCharArray();
            characters[index] = '\uFFFD';
        }

        return characters is null ? text : new string(characters);
    }
}

/// <summary>What a tokenizer.json describes.</summary>
internal sealed record TokenizerParts(
    string Hash,
    IReadOnlyDictionary<string, int> Ids,
    IReadOnlyList<(AddedToken Token, bool Normalized)> Added,
    INormalizer? Normalizer,
    IPreTokenizer? PreTokenizer,
    BpeModel Model,
    IReadOnlyList<int> Prefix,
    IReadOnlyList<int> Suffix,
    IReadOnlyList<Func<IReadOnlyList<string>, IReadOnlyList<string>>> Decoder);
