using System.Text;

namespace Bif.Engine.Tokenizers;

/// <summary>A text, perhaps rewritten, that knows for each of its UTF-16 units the range of the original it stands for.</summary>
internal sealed class AlignedText
{
    private readonly int _offset;
    private readonly int[]? _starts;
    private readonly int[]? _ends;

    /// <summary>Unchanged text that begins at an offset of the original.</summary>
    public AlignedText(string text, int offset) => (Text, _offset) = (text, offset);

    private AlignedText(string text, int[] starts, int[] ends) => (Text, _starts, _ends) = (text, starts, ends);

    /// <summary>The text.</summary>
    public string Text { get; }

    /// <summary>The whole text as a piece.</summary>
    public Piece Whole => new(this, 0, Text.Length);

    /// <summary>The range of the original behind units [start, end).</summary>
    public (int Start, int End) Original(int start, int end)
    {
        if (_starts is null)
        {
            return (_offset + start, _offset + end);
        }

        return end > start ? (_starts[start], Math.Max(_starts[start], _ends![end - 1]))
            : start < _starts.Length ? (_starts[start], _starts[start])
            : _ends!.Length > 0 ? (_ends[^1], _ends[^1]) : (_offset, _offset);
    }

    /// <summary>Puts a rewritten text together from what each part stands for.</summary>
    internal sealed class Builder
    {
        private readonly StringBuilder _text = new();
        private readonly List<int> _starts = [];
        private readonly List<int> _ends = [];

        public void Append(ReadOnlySpan<char> text, (int Start, int End) original)
        {
            _text.Append(text);
            for (var unit = 0; unit < text.Length; unit++)
            {
                _starts.Add(original.Start);
                _ends.Add(original.End);
            }
        }

        public AlignedText Build() => new(_text.ToString(), [.. _starts], [.. _ends]);
    }
}

/// <summary>A part of a text.</summary>
internal readonly record struct Piece(AlignedText Text, int Start, int Length)
{
    /// <summary>The characters.</summary>
    public ReadOnlySpan<char> Span => Text.Text.AsSpan(Start, Length);

    /// <summary>A part of this part.</summary>
    public Piece Slice(int start, int length) => new(Text, Start + start, length);

    /// <summary>The range of the original behind units [start, end) of this part.</summary>
    public (int Start, int End) Original(int start, int end) => Text.Original(Start + start, Start + end);

    /// <summary>This part with a text put before it, which stands for nothing of the original.</summary>
    public Piece Prepend(string prefix)
    {
        var builder = new AlignedText.Builder();
        var (start, _) = Original(0, 0);
        builder.Append(prefix, (start, start));
        for (var unit = 0; unit < Length; unit++)
        {
            builder.Append(Span.Slice(unit, 1), Original(unit, unit + 1));
        }

        return builder.Build().Whole;
    }
}
