using static TorchSharp.torch;

namespace Bif.Engine.Models.Layers;

/// <summary>Attention in which a token sees itself and the tokens before it. Padding at the end needs no mask of its own.</summary>
public static class CausalAttention
{
    /// <summary>[batch, length, heads · size] as [batch, heads, length, size].</summary>
    public static Tensor SplitHeads(Tensor x, long heads)
        => x.view(x.shape[0], x.shape[1], heads, x.shape[2] / heads).transpose(1, 2);

    /// <summary>
    /// softmax(q·kᵀ/√size)·v over the tokens so far, heads side by side: [batch, length, heads · size]. Fewer key heads
    /// than query heads serve groups of neighbouring query heads.
    /// </summary>
    /// <param name="query">[batch, heads, length, size].</param>
    /// <param name="key">[batch, key heads, length, size].</param>
    /// <param name="value">[batch, key heads, length, size].</param>
    public static Tensor Apply(Tensor query, Tensor key, Tensor value)
    {
        // The rotary embedding is float32 whatever the products are.
        if (query.dtype != value.dtype)
        {
            (query, key) = (query.to(value.dtype), key.to(value.dtype));
        }

        var group = query.shape[1] / key.shape[1];
        var attended = nn.functional.scaled_dot_product_attention(query, Repeat(key, group), Repeat(value, group), is_casual: true);
        return attended.transpose(1, 2).flatten(2);
    }

    private static Tensor Repeat(Tensor x, long group) => group == 1
        ? x
        : x.unsqueeze(2).expand(x.shape[0], x.shape[1], group, x.shape[2], x.shape[3]).reshape(x.shape[0], x.shape[1] * group, x.shape[2], x.shape[3]);
}
