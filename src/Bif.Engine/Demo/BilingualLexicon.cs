namespace Bif.Engine.Demo;

/// <summary>How a concept's British and American forms differ.</summary>
internal enum Difference
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Spelling, as in harbour and harbor.</summary>
    Spelling,

    /// <summary>Another word for the same, as in lorries and trucks.</summary>
    Synonym,

    /// <summary>A number in words or in digits.</summary>
    Number,
}

/// <summary>Something that the grammar can say, in each of its languages.</summary>
/// <param name="British">British form; numbers in words.</param>
/// <param name="American">American form; numbers in digits.</param>
/// <param name="French">French form: subjects, objects and places are masculine, objects and colours plural, none elides its article.</param>
/// <param name="Difference">How the first two differ.</param>
internal sealed record Concept(string British, string American, string French, Difference Difference)
{
    /// <summary>The form in a language, by its place in <see cref="BilingualLexicon.Languages"/>.</summary>
    public string Form(int language) => language switch
    {
        0 => British,
        1 => American,
        _ => French,
    };
}

/// <summary>The words of the text demo by their part in a sentence. No form stands for two concepts, or for one in two languages but where British and American agree.</summary>
internal static class BilingualLexicon
{
    /// <summary>What each half of a document begins with.</summary>
    public static IReadOnlyList<string> Languages { get; } = ["British", "American", "French"];

    /// <summary>Qualities of subjects.</summary>
    public static IReadOnlyList<Concept> Qualities { get; } =
    [
        Synonym("clever", "smart", "malin"), Spelling("sceptical", "skeptical", "sceptique"), Same("tired", "fatigué"), Same("young", "jeune"),
    ];

    /// <summary>Who does something.</summary>
    public static IReadOnlyList<Concept> Subjects { get; } =
    [
        Spelling("neighbour", "neighbor", "voisin"), Spelling("jeweller", "jeweler", "bijoutier"), Synonym("postman", "mailman", "facteur"), Synonym("chemist", "pharmacist", "pharmacien"),
        Same("dog", "chien"), Same("cat", "chat"), Same("fox", "renard"), Same("king", "roi"),
    ];

    /// <summary>What they do.</summary>
    public static IReadOnlyList<Concept> Actions { get; } =
    [
        Spelling("colours", "colors", "colorie"), Synonym("mends", "fixes", "répare"), Same("counts", "compte"), Same("sees", "voit"),
        Same("hides", "cache"), Same("sells", "vend"),
    ];

    /// <summary>To how many things.</summary>
    public static IReadOnlyList<Concept> Numbers { get; } =
    [
        Number("two", "2", "deux"), Number("three", "3", "trois"), Number("four", "4", "quatre"), Number("five", "5", "cinq"),
        Number("seven", "7", "sept"), Number("eight", "8", "huit"), Number("nine", "9", "neuf"), Number("ten", "10", "dix"),
    ];

    /// <summary>Of what colour.</summary>
    public static IReadOnlyList<Concept> Colours { get; } =
    [
        Spelling("grey", "gray", "gris"), Same("red", "rouges"), Same("black", "noirs"), Same("white", "blancs"),
        Same("green", "verts"), Same("blue", "bleus"),
    ];

    /// <summary>Which things.</summary>
    public static IReadOnlyList<Concept> Objects { get; } =
    [
        Spelling("tyres", "tires", "pneus"), Spelling("doughnuts", "donuts", "beignets"), Synonym("lorries", "trucks", "camions"), Synonym("sweets", "candies", "bonbons"),
        Synonym("jumpers", "sweaters", "chandails"), Synonym("trousers", "pants", "pantalons"), Same("books", "livres"), Same("hats", "chapeaux"),
    ];

    /// <summary>Near where.</summary>
    public static IReadOnlyList<Concept> Places { get; } =
    [
        Spelling("harbour", "harbor", "port"), Spelling("theatre", "theater", "théâtre"), Synonym("shop", "store", "magasin"), Same("bridge", "pont"),
        Same("castle", "château"),
    ];

    /// <summary>All concepts.</summary>
    public static IEnumerable<Concept> All => new[] { Qualities, Subjects, Actions, Numbers, Colours, Objects, Places }.SelectMany(part => part);

    private static Concept Same(string english, string french) => new(english, english, french, Difference.None);

    private static Concept Spelling(string british, string american, string french) => new(british, american, french, Difference.Spelling);

    private static Concept Synonym(string british, string american, string french) => new(british, american, french, Difference.Synonym);

    private static Concept Number(string words, string digits, string french) => new(words, digits, french, Difference.Number);
}
