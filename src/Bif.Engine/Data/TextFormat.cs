using Bif.Engine.Tokenizers;

namespace Bif.Engine.Data;

/// <summary>Text files as items of tokens.</summary>
internal static class TextFormat
{
    /// <summary>Reads and tokenizes; null where the path holds no text.</summary>
    /// <exception cref="InputException">There is no language model to read it for, or it is damaged.</exception>
    public static RawDataset? TryOpen(string path, string? split, TextInput? input)
    {
        if (!TextDocuments.Recognises(path))
        {
            return null;
        }

        if (input is null)
        {
            throw new InputException($"{path} is text, which needs a language model: this model takes images or numbers.");
        }

        if (split is not null)
        {
            throw new InputException($"{path} is one file and has no split \"{split}\": leave out @{split}.");
        }

        var builder = new TextItemsBuilder(input.LoadTokenizer(), input);
        var documents = TextDocuments.Read(path, input.Separator);
        var text = builder.Build(documents);
        if (text.Count == 0)
        {
            throw new InputException($"{path} has no document of two tokens or more: there is nothing to predict.");
        }

        return new RawDataset($"text, {documents.Count:N0} documents", new TokenReader(text), null, null, Text: text);
    }
}

/// <summary>Puts items together from documents.</summary>
internal sealed class TextItemsBuilder(Tokenizer tokenizer, TextInput input)
{
    private readonly List<int> _ids = [];
    private readonly List<int> _starts = [];
    private readonly List<int> _ends = [];
    private readonly List<int> _offsets = [0];
    private readonly List<string> _passages = [];
    private readonly List<int> _documents = [];
    private readonly List<int> _documentStarts = [];

    /// <summary>The items of documents.</summary>
    public TextItems Build(IReadOnlyList<string> documents)
    {
        if (input.Context <= tokenizer.Prefix.Count + 1)
        {
            throw new InputException($"A context of {input.Context} tokens leaves nothing to predict: give more.");
        }

        // Tokenizing is the slow part, and each document by itself.
        var encoded = documents.AsParallel().AsOrdered().Select(document => tokenizer.Encode(document)).ToArray();
        if (input.Windows == TextWindows.Packed)
        {
            Pack(documents, encoded);
        }
        else
        {
            for (var document = 0; document < documents.Count; document++)
            {
                Cut(documents[document], encoded[document], document, input.Windows == TextWindows.First);
            }
        }

        return new TextItems(
            [.. _ids], [.. _starts], [.. _ends], [.. _offsets], [.. _passages], [.. _documents], [.. _documentStarts], tokenizer.VocabularySize);
    }

    // Without a token before the text, a window begins with the last token of the one before: every token but the very first
    // of a document is predicted once.
    private void Cut(string document, EncodedText tokens, int number, bool firstOnly)
    {
        var prefix = tokenizer.Prefix;
        var room = input.Context - prefix.Count;
        var overlap = prefix.Count == 0 ? 1 : 0;
        for (var first = 0; first + overlap < tokens.Count; first += room - overlap)
        {
            var count = Math.Min(room, tokens.Count - first);
            Add(document, tokens, first, count, number);
            if (firstOnly)
            {
                return;
            }
        }
    }

    // The documents as one text with the mark between them, so that a passage shows where one ends and another begins.
    private void Pack(IReadOnlyList<string> documents, EncodedText[] encoded)
    {
        var end = input.EndOfText ?? throw new InputException("Packing needs an end of text: the model's config.json has no eos_token_id.");
        var mark = tokenizer.Token(end) ?? throw new InputException($"The tokenizer has no token {end}, which config.json names as eos_token_id.");
        var text = string.Join(mark, documents);
        var (ids, starts, ends) = (new List<int>(), new List<int>(), new List<int>());
        var (at, bounds) = (0, new List<int>());
        for (var document = 0; document < documents.Count; document++)
        {
            bounds.Add(at);
            ids.AddRange(encoded[document].Ids);
            starts.AddRange(encoded[document].Starts.Select(start => start + at));
            ends.AddRange(encoded[document].Ends.Select(each => each + at));
            at += documents[document].Length;
            if (document + 1 < documents.Count)
            {
                ids.Add(end);
                starts.Add(at);
                ends.Add(at + mark.Length);
                at += mark.Length;
            }
        }

        var all = new EncodedText([.. ids], [.. starts], [.. ends]);
        var room = input.Context - tokenizer.Prefix.Count;
        var overlap = tokenizer.Prefix.Count == 0 ? 1 : 0;
        for (var first = 0; first + overlap < all.Count; first += room - overlap)
        {
            Add(text, all, first, Math.Min(room, all.Count - first), -1);
            var document = bounds.BinarySearch(all.Starts[first]) is >= 0 and var exact ? exact : ~bounds.BinarySearch(all.Starts[first]) - 1;
            _documents[^1] = document;
            _documentStarts[^1] = all.Starts[first] - bounds[document];
        }
    }

    private void Add(string text, EncodedText tokens, int first, int count, int document)
    {
        var (from, to) = (tokens.Starts[first], Math.Max(tokens.Starts[first], tokens.Ends[first + count - 1]));
        foreach (var id in tokenizer.Prefix)
        {
            _ids.Add(id);
            _starts.Add(0);
            _ends.Add(0);
        }

        for (var token = first; token < first + count; token++)
        {
            _ids.Add(tokens.Ids[token]);
            _starts.Add(tokens.Starts[token] - from);
            _ends.Add(tokens.Ends[token] - from);
        }

        _offsets.Add(_ids.Count);
        _passages.Add(text[from..to]);
        _documents.Add(document);
        _documentStarts.Add(from);
    }
}
