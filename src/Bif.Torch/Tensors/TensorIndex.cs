namespace TorchSharp;

public static partial class torch
{
    /// <summary>One entry of an indexing expression as PyTorch's square brackets take it.</summary>
    public readonly struct TensorIndex
    {
        /// <summary>The whole dimension: <c>:</c>.</summary>
        public static readonly TensorIndex Colon = Slice();

        /// <summary>As many whole dimensions as are left: <c>...</c>.</summary>
        public static readonly TensorIndex Ellipsis = new(EntryKind.Ellipsis);

        /// <summary>A new dimension of size 1.</summary>
        public static readonly TensorIndex None = new(EntryKind.NewDimension);

        /// <summary>A new dimension of size 1.</summary>
        public static readonly TensorIndex Null = None;

        private TensorIndex(EntryKind kind, long? start = null, long? stop = null, long? step = null, Tensor? values = null)
        {
            Kind = kind;
            Start = start;
            Stop = stop;
            Step = step;
            Values = values;
        }

        internal enum EntryKind
        {
            NewDimension, Ellipsis, Single, Boolean, Slice, Values,
        }

        internal EntryKind Kind { get; }

        internal long? Start { get; }

        internal long? Stop { get; }

        internal long? Step { get; }

        internal Tensor? Values { get; }

        /// <summary>A range of one dimension; negative ends count from its end.</summary>
        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) => new(EntryKind.Slice, start, stop, step);

        /// <inheritdoc cref="Slice(long?, long?, long?)"/>
        public static TensorIndex Slice((int? start, int? end) range) => Slice(range.start, range.end);

        /// <inheritdoc cref="Slice(long?, long?, long?)"/>
        public static TensorIndex Slice(Range range) => Slice(
            Place(range.Start), range.End is { IsFromEnd: true, Value: 0 } ? null : Place(range.End));

        /// <summary>One place of one dimension, which the result lacks.</summary>
        public static TensorIndex Single(long? index) => new(EntryKind.Single, index);

        /// <summary>A new dimension of size 1, or 0 where false.</summary>
        public static TensorIndex Bool(bool value) => new(EntryKind.Boolean, value ? 1 : 0);

        /// <summary>Places by their numbers, or where a mask is true.</summary>
        public static TensorIndex Tensor(Tensor tensor) => new(EntryKind.Values, values: tensor);

        public static implicit operator TensorIndex(long value) => Single(value);

        public static implicit operator TensorIndex((int? start, int? end) range) => Slice(range);

        public static implicit operator TensorIndex(Range range) => Slice(range);

        public static implicit operator TensorIndex(Index index) => Single(Place(index));

        /// <summary>
        /// Never runs: it is there so that the compiler prefers an entry to a tensor where a number could be either.
        /// </summary>
        /// <exception cref="InvalidOperationException">Always.</exception>
        public static implicit operator Tensor(TensorIndex value) => throw new InvalidOperationException("An entry of an indexing expression is no tensor.");

        private static long Place(Index index) => index.IsFromEnd ? -index.Value : index.Value;
    }
}
