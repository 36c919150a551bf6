using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bif.Engine.Tokenizers.Training;

/// <summary>Trains a byte-level tokenizer and writes it as Hugging Face's tokenizer.json, with an end-of-text token last.</summary>
public static class TokenizerWriter
{
    /// <summary>The end-of-text token.</summary>
    public const string EndOfText = "<|endoftext|>";

    /// <summary>Trains on documents and writes the file; returns the number of tokens, whose last is <see cref="EndOfText"/>.</summary>
    /// <param name="documents">The corpus.</param>
    /// <param name="size">Tokens wanted, at least 257: the bytes and the end of text, then merges.</param>
    /// <param name="file">The tokenizer.json to write.</param>
    /// <exception cref="InputException">The size is too small.</exception>
    public static int Write(IEnumerable<string> documents, int size, string file)
    {
        if (size < 257)
        {
            throw new InputException($"A byte-level vocabulary has at least 257 tokens (256 bytes and the end of text), not {size}.");
        }

        var (tokens, merges) = BpeTrainer.Train(documents, size - 1);
        static JsonObject ByteLevel() => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true };
        var fields = new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray(new JsonObject
            {
                ["id"] = tokens.Count, ["content"] = EndOfText, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false, ["special"] = true,
            }),
            ["normalizer"] = null,
            ["pre_tokenizer"] = ByteLevel(),
            ["post_processor"] = null,
            ["decoder"] = ByteLevel(),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["vocab"] = new JsonObject(tokens.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)id))),
                ["merges"] = new JsonArray([.. merges.Select(merge => (JsonNode)$"{merge.Left} {merge.Right}")]),
            },
        };
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        File.WriteAllText(file, fields.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n");
        return tokens.Count + 1;
    }
}
