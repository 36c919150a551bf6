using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Bif.Engine.Data;
using Bif.Engine.Tokenizers.Normalizers;
using Bif.Engine.Tokenizers.PreTokenizers;

namespace Bif.Engine.Tokenizers;

/// <summary>Reads a Hugging Face tokenizer.json. Whatever it does not know it refuses by name, for ids would be wrong.</summary>
internal sealed class TokenizerReader
{
    private readonly string _file;
    private readonly JsonElement _root;
    private bool _byteLevel;

    private TokenizerReader(string file, JsonElement root) => (_file, _root) = (file, root);

    /// <summary>Reads the file.</summary>
    public static TokenizerParts Read(string file)
    {
        if (!File.Exists(file))
        {
            throw new InputException($"There is no {file}: a language model's folder needs its tokenizer.json.");
        }

        var bytes = RegularFile.ReadBytes(file);
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return new TokenizerReader(file, document.RootElement).Parts(Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InputException($"{file} is no tokenizer.json that can be read ({error.Message.TrimEnd('.')}): fetch it again.", error);
        }
    }

    private TokenizerParts Parts(string hash)
    {
        var model = _root.GetProperty("model");
        if (Text(model, "type", "BPE") is var type && type != "BPE")
        {
            throw Unsupported("model", type!);
        }

        var preTokenizer = Part(_root, "pre_tokenizer") is { } split ? PreTokenizer(split) : null;
        var normalizer = Part(_root, "normalizer") is { } rewrite ? Normalizer(rewrite) : null;
        var reader = new VocabularyReader(_file);
        var vocabulary = reader.Read(model, _byteLevel);
        var (prefix, suffix) = Part(_root, "post_processor") is { } template ? Template(template) : ([], []);
        return new TokenizerParts(
            hash,
            vocabulary.Ids,
            Part(_root, "added_tokens") is { } added ? [.. added.EnumerateArray().Select(token => Added(token, reader))] : [],
            normalizer,
            preTokenizer,
            new BpeModel(vocabulary),
            prefix,
            suffix,
            Part(_root, "decoder") is { } decoder ? [.. Decoders(decoder)] : []);
    }

    private static (AddedToken Token, bool Normalized) Added(JsonElement token, VocabularyReader reader) => (
        new AddedToken(
            reader.RequireId(token.GetProperty("id"), token.GetProperty("content").Word()),
            token.GetProperty("content").Word(),
            Flag(token, "single_word"),
            Flag(token, "lstrip"),
            Flag(token, "rstrip"),
            Flag(token, "special")),
        Flag(token, "normalized"));

    private INormalizer Normalizer(JsonElement part) => Type(part) switch
    {
        "Sequence" => new NormalizerSequence([.. part.GetProperty("normalizers").EnumerateArray().Select(Normalizer)]),
        "Prepend" => new PrependNormalizer(part.GetProperty("prepend").Word()),
        "Replace" => new ReplaceNormalizer(Pattern(part.GetProperty("pattern")), part.GetProperty("content").Word()),
        "NFC" => new NfcNormalizer(),
        var type => throw Unsupported("normalizer", type),
    };

    private IPreTokenizer PreTokenizer(JsonElement part)
    {
        if (_byteLevel)
        {
            throw new InputException($"{_file}: the pre-tokenizer {Type(part)} follows ByteLevel, which must be the last one here.");
        }

        switch (Type(part))
        {
            case "Sequence":
                return new PreTokenizerSequence([.. part.GetProperty("pretokenizers").EnumerateArray().Select(PreTokenizer)]);
            case "ByteLevel":
                _byteLevel = true;
                return new ByteLevelSplit(Flag(part, "add_prefix_space"), Flag(part, "use_regex", true));
            case "Digits":
                return new PatternSplit(new UnicodePattern(Flag(part, "individual_digits") ? @"\p{N}" : @"\p{N}+", _file));
            case "Metaspace":
                return new MetaspaceSplit(
                    Text(part, "replacement", "\u2581")!, Text(part, "prepend_scheme", Flag(part, "add_prefix_space", true) ? "always" : "never")!, Flag(part, "split", true));
            case "Split":
                var inverted = Flag(part, "invert");
                return Text(part, "behavior", null) switch
                {
                    "Isolated" => new PatternSplit(Pattern(part.GetProperty("pattern"))),
                    "Removed" => new PatternSplit(Pattern(part.GetProperty("pattern")), keepsMatches: inverted, keepsOthers: !inverted),
                    var behavior => throw Unsupported("Split behavior", behavior ?? "(none)"),
                };
            case var type:
                throw Unsupported("pre-tokenizer", type);
        }
    }

    private (IReadOnlyList<int> Prefix, IReadOnlyList<int> Suffix) Template(JsonElement part)
    {
        switch (Type(part))
        {
            // It only trims offsets, which here keep their white space.
            case "ByteLevel":
                return ([], []);
            case "Sequence":
                var parts = part.GetProperty("processors").EnumerateArray().Select(Template).ToList();
                return ([.. parts.SelectMany(each => each.Prefix)], [.. parts.SelectMany(each => each.Suffix)]);
            case "TemplateProcessing":
                var ids = part.GetProperty("special_tokens");
                var (prefix, suffix, seen) = (new List<int>(), new List<int>(), false);
                foreach (var entry in part.GetProperty("single").EnumerateArray())
                {
                    if (entry.TryGetProperty("SpecialToken", out var special))
                    {
                        (seen ? suffix : prefix).AddRange(
                            ids.GetProperty(special.GetProperty("id").Word()).GetProperty("ids").EnumerateArray().Select(id => new VocabularyReader(_file).RequireId(id, "of the template")));
                    }

                    seen |= entry.TryGetProperty("Sequence", out _);
                }

                return (prefix, suffix);
            case var type:
                throw Unsupported("post-processor", type);
        }
    }

    private IEnumerable<Func<IReadOnlyList<string>, IReadOnlyList<string>>> Decoders(JsonElement part) => Type(part) switch
    {
        "Sequence" => part.GetProperty("decoders").EnumerateArray().SelectMany(Decoders),
        "ByteLevel" => [TokenDecoder.ByteLevel],
        "ByteFallback" => [TokenDecoder.ByteFallback],
        "Fuse" => [TokenDecoder.Fuse],
        "Replace" => [TokenDecoder.Replace(
            part.GetProperty("pattern").TryGetProperty("String", out var pattern) ? pattern.Word() : throw Unsupported("decoder", "Replace with a Regex"),
            part.GetProperty("content").Word())],
        "Strip" => [TokenDecoder.Strip(part.GetProperty("content").Word() is [var first] ? first : throw Unsupported("decoder", "Strip of several characters"), part.GetProperty("start").GetInt32(), part.GetProperty("stop").GetInt32())],
        "Metaspace" => [TokenDecoder.Metaspace(
            Text(part, "replacement", "\u2581")!, Text(part, "prepend_scheme", Flag(part, "add_prefix_space", true) ? "always" : "never") != "never")],
        var type => throw Unsupported("decoder", type),
    };

    private UnicodePattern Pattern(JsonElement pattern) => new(
        pattern.TryGetProperty("String", out var text) ? Regex.Escape(text.Word()) : pattern.GetProperty("Regex").Word(), _file);

    private InputException Unsupported(string part, string name)
        => new($"{_file}: the {part} \"{Excerpt.Of(name)}\" is not supported here; byte-level BPE and BPE with byte fallback are.");

    private static JsonElement? Part(JsonElement owner, string name)
        => owner.TryGetProperty(name, out var part) && part.ValueKind != JsonValueKind.Null ? part : null;

    private static string Type(JsonElement part) => part.GetProperty("type").Word();

    private static bool Flag(JsonElement part, string name, bool fallback = false) => Part(part, name)?.GetBoolean() ?? fallback;

    private static string? Text(JsonElement part, string name, string? fallback) => Part(part, name)?.GetString() ?? fallback;
}
