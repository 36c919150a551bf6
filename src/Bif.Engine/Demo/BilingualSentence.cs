using Bif.Kernels;

namespace Bif.Engine.Demo;

/// <summary>A sentence before it is said in a language: who (of what quality) does what to how many (of what colour) of which things (near where).</summary>
internal sealed record BilingualSentence(Concept? Quality, Concept Subject, Concept Action, Concept Number, Concept? Colour, Concept Object, Concept? Place)
{
    private const double Share = 0.6;

    /// <summary>A random sentence; what need not be said is left out now and then.</summary>
    public static BilingualSentence Random(ref PhiloxStream stream) => new(
        Maybe(BilingualLexicon.Qualities, ref stream),
        Any(BilingualLexicon.Subjects, ref stream),
        Any(BilingualLexicon.Actions, ref stream),
        Any(BilingualLexicon.Numbers, ref stream),
        Maybe(BilingualLexicon.Colours, ref stream),
        Any(BilingualLexicon.Objects, ref stream),
        Maybe(BilingualLexicon.Places, ref stream));

    /// <summary>The sentence in a language. French says qualities and colours after what they belong to.</summary>
    public string In(int language)
    {
        string?[] words = BilingualLexicon.Languages[language] == "French"
            ? ["le", Subject.French, Quality?.French, Action.French, Number.French, Object.French, Colour?.French, Place is null ? null : $"près du {Place.French}"]
            : ["the", Quality?.Form(language), Subject.Form(language), Action.Form(language), Number.Form(language), Colour?.Form(language), Object.Form(language), Place is null ? null : $"near the {Place.Form(language)}"];
        return string.Join(' ', words.OfType<string>());
    }

    private static Concept Any(IReadOnlyList<Concept> concepts, ref PhiloxStream stream) => concepts[stream.NextInt(concepts.Count)];

    private static Concept? Maybe(IReadOnlyList<Concept> concepts, ref PhiloxStream stream) => stream.NextDouble() < Share ? Any(concepts, ref stream) : null;
}
