using Bif.Engine;
using Bif.Engine.Runs;

namespace Bif.Web.Browsing;

/// <summary>What of a run's texts is looked at; everything in it stands in the page's address.</summary>
/// <param name="Query">Index of the query.</param>
/// <param name="Unit">The unit of the query that is asked about; null for all of it.</param>
/// <param name="Level">What units are: tokens, words, sentences or passages.</param>
/// <param name="IsPartial">Whether the common mode is removed.</param>
/// <param name="IsHarmful">Whether what raises the loss comes first.</param>
/// <param name="ByPassage">Whether passages are ranked as wholes rather than by their strongest unit.</param>
/// <param name="Find">Only passages that contain this; empty for all.</param>
public sealed record TextChoice(
    int Query, int? Unit = null, TextLevel Level = TextLevel.Token, bool IsPartial = false, bool IsHarmful = false, bool ByPassage = false, string Find = "")
{
    /// <summary>From the words of an address.</summary>
    /// <exception cref="InputException">One of them is unknown.</exception>
    public static TextChoice From(int query, int? token, string? by, string? view, string? side = null, string? order = null, string? find = null) => new(
        query,
        token,
        by switch
        {
            null or "token" => TextLevel.Token,
            "word" => TextLevel.Word,
            "sentence" => TextLevel.Sentence,
            "passage" => TextLevel.Passage,
            _ => throw new InputException($"by is \"{by}\": it is token, word, sentence or passage."),
        },
        Is(view, "view", "partial", "full"),
        Is(side, "side", "harmful", "helpful"),
        Is(order, "order", "passage", "unit"),
        find ?? "");

    private static bool Is(string? word, string name, string yes, string no) => word == yes
        || (word is null || word == no ? false : throw new InputException($"{name} is \"{word}\": it is {no} or {yes}."));
}
