using System.Text.Json.Nodes;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Tokenizers;
using Bif.Engine.Tokenizers.Training;

namespace Bif.Engine.Training;

/// <summary>What a language model needs before its data can be read: a tokenizer in its folder, and a complete configuration.</summary>
internal static class LanguageSetup
{
    private const int DefaultVocabulary = 1024;
    private const int DefaultContext = 256;

    /// <summary>Puts the tokenizer into the folder: a given one, the start's, or one trained on the corpus.</summary>
    /// <param name="spec">What to train.</param>
    /// <param name="start">The configuration training starts from, or null for new weights.</param>
    public static void PrepareTokenizer(TrainingSpec spec, ModelConfig? start)
    {
        var target = Path.Combine(spec.Out, "tokenizer.json");
        var source = spec.Tokenizer ?? (start is null ? null : Path.Combine(start.Folder, "tokenizer.json"));
        Directory.CreateDirectory(spec.Out);
        if (source is null)
        {
            TokenizerWriter.Write(TextDocuments.Read(DataPath.Parse(spec.Data).Path, spec.Separator), spec.Vocabulary ?? DefaultVocabulary, target);
        }
        else if (Path.GetFullPath(source) != Path.GetFullPath(target))
        {
            _ = Tokenizer.Load(source);
            File.Copy(source, target, overwrite: true);
        }
    }

    /// <summary>A complete configuration: a small model where no sizes are given, the tokenizer's vocabulary, the context.</summary>
    public static ModelConfig Fill(ModelConfig draft, TrainingSpec spec)
    {
        var fields = (JsonObject)JsonNode.Parse(draft.ToJson())!;
        var tokenizer = Tokenizer.Load(Path.Combine(spec.Out, "tokenizer.json"));
        var (size, depth, heads, positions) = draft.ModelType == "gpt2"
            ? ("n_embd", "n_layer", "n_head", "n_positions")
            : ("hidden_size", "num_hidden_layers", "num_attention_heads", "max_position_embeddings");
        fields.TryAdd(size, 128);
        fields.TryAdd(depth, 4);
        fields.TryAdd(heads, 4);
        fields.TryAdd(positions, spec.Context ?? DefaultContext);
        fields.TryAdd("vocab_size", tokenizer.VocabularySize);
        if (draft.ModelType != "gpt2")
        {
            var width = new ModelConfig(fields, draft.Origin).Integer(size);
            fields.TryAdd("intermediate_size", draft.ModelType == "llama" ? (width * 8 / 3 + 15) / 16 * 16 : 4 * width);
        }

        if (tokenizer.Find(TokenizerWriter.EndOfText) is { } end)
        {
            fields.TryAdd("bos_token_id", end);
            fields.TryAdd("eos_token_id", end);
        }

        return new ModelConfig(fields, draft.Origin);
    }
}
