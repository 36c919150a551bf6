using Bif.Engine.Models;
using Bif.Engine.Tokenizers;

namespace Bif.Engine.Data;

/// <summary>How documents become items of at most <see cref="TextInput.Context"/> tokens.</summary>
public enum TextWindows
{
    /// <summary>A document that is too long becomes several items, one after the other.</summary>
    All,

    /// <summary>Only the beginning of each document.</summary>
    First,

    /// <summary>All documents in a row, with the end of text between them, cut into items of equal length.</summary>
    Packed,
}

/// <summary>How a language model takes text.</summary>
/// <param name="TokenizerFile">The tokenizer.json.</param>
/// <param name="Context">Tokens per item at most.</param>
/// <param name="EndOfText">The id between packed documents, or null where the model names none.</param>
public sealed record TextInput(string TokenizerFile, int Context, int? EndOfText)
{
    /// <summary>The usual mark between the documents of a .txt file; a file without it is one document.</summary>
    public const string EndOfTextMark = "<|endoftext|>";

    /// <summary>What stands between documents of a .txt file; null for <see cref="EndOfTextMark"/> where it occurs.</summary>
    public string? Separator { get; init; }

    /// <summary>What becomes of long documents.</summary>
    public TextWindows Windows { get; init; }

    /// <summary>The input of a language model's configuration.</summary>
    public static TextInput From(ModelConfig config)
    {
        var positions = config.Integer("max_position_embeddings", config.Integer("n_positions", config.ModelType == "gpt2" ? 1024 : 2048));
        return new TextInput(
            Path.Combine(config.Folder, "tokenizer.json"), positions, config.FirstInteger("eos_token_id"));
    }

    /// <summary>The same with a person's choices.</summary>
    /// <param name="context">Tokens per item at most; the model's context stays the upper limit.</param>
    /// <param name="separator">What stands between documents, or null for the usual mark.</param>
    /// <param name="windows">all, first or packed.</param>
    /// <exception cref="InputException">The windows are not known.</exception>
    public TextInput With(int? context, string? separator, string windows) => this with
    {
        Context = Math.Min(context ?? Context, Context),
        Separator = separator,
        Windows = Enum.TryParse<TextWindows>(windows, ignoreCase: true, out var known)
            ? known
            : throw new InputException($"--windows \"{windows}\" is not known: it is all, first or packed."),
    };

    /// <summary>Reads the tokenizer.</summary>
    /// <exception cref="InputException">It is missing or not supported.</exception>
    public Tokenizer LoadTokenizer() => Tokenizer.Load(TokenizerFile);
}
