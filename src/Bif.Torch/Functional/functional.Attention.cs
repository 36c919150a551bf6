using static Bif.Native.Operator;

namespace TorchSharp;

// Attention, composed where libtorch is older than its fused operator (2.0).
public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private const string FusedAttention = "aten::scaled_dot_product_attention";
            private const long CausalBlock = 128;

            /// <summary>
            /// softmax(q·kᵀ/√d + mask)·v over the last two dimensions [..., tokens, d]; a mask of truth values says where to
            /// look, a mask of numbers is added.
            /// </summary>
            public static Tensor scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask = null, double p = 0.0, bool is_casual = false)
            {
                if (Exists(FusedAttention))
                {
                    return Call(FusedAttention, query, key, value, attn_mask, p, is_casual);
                }

                using var scope = NewDisposeScope();
                var scaled = query.mul(1 / Math.Sqrt(query.size(-1)));
                if (is_casual)
                {
                    return Causal(scaled, key, value, p).MoveToOuterDisposeScope();
                }

                var scores = scaled.matmul(key.transpose(-2, -1));
                scores = attn_mask is null ? scores
                    : attn_mask.dtype == ScalarType.Bool ? scores.masked_fill(attn_mask.logical_not(), double.NegativeInfinity)
                    : scores.add(attn_mask);
                return dropout(scores.softmax(-1), p, p > 0).matmul(value).MoveToOuterDisposeScope();
            }

            // A block of queries at a time, against the keys up to its end: half the products, and without a graph only one
            // block of scores in memory.
            private static Tensor Causal(Tensor scaled, Tensor key, Tensor value, double p)
            {
                var (queries, keys) = (scaled.size(-2), key.size(-2));
                var transposed = key.transpose(-2, -1);
                var parts = new List<Tensor>();
                for (long start = 0; start < queries; start += CausalBlock)
                {
                    using var scope = NewDisposeScope();
                    var count = Math.Min(CausalBlock, queries - start);
                    var seen = Math.Min(start + count, keys);
                    var hidden = ones([count, seen], ScalarType.Bool, scaled.device).triu(start + 1);
                    var scores = scaled.narrow(-2, start, count).matmul(transposed.narrow(-1, 0, seen)).masked_fill(hidden, double.NegativeInfinity);
                    parts.Add(dropout(scores.softmax(-1), p, p > 0).matmul(value.narrow(-2, 0, seen)).MoveToOuterDisposeScope());
                }

                return parts.Count == 1 ? parts[0] : cat(parts, -2);
            }
        }
    }
}
