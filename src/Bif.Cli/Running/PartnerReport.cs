using System.Globalization;
using Bif.Cli.Terminal;
using Bif.Engine.Evaluation;
using Spectre.Console;

namespace Bif.Cli.Running;

/// <summary>Prints how often the related words of a run are the known partners.</summary>
internal static class PartnerReport
{
    private const int Shown = 12;

    /// <summary>Prints the figures beside chance, and the first words, whatever they show.</summary>
    public static void Show(Output output, PartnerRecord record)
    {
        var all = record.All;
        var foreseen = record.Foreseen is { } words ? Invariant($" Of the {words.Asked:N0} that the model foresees (probability above 1/2): {words.Top:P0}.") : "";
        output.Screen.WriteLine(Invariant($"The most related other word is a known partner for {all.Top:P0} of {all.Asked:N0} words; words of the same frequency in the partners' place: {all.ChanceTop:P1}.") + foreseen);
        var table = new Table().Border(TableBorder.Simple).Title($"Rank of the best partner among {all.Words:N0} words, {(record.Words.All(word => word.NoiseFree) ? "noise-free" : $"{record.Draws:N0} draws")}");
        foreach (var column in new[] { "partners", "asked", "at rank 1", "chance", "mean of 1/rank", "chance", "median rank", "chance" })
        {
            table.AddColumn(new TableColumn(column) { NoWrap = true });
        }

        foreach (var figure in record.Figures)
        {
            table.AddRow(
                figure.Kind, Invariant($"{figure.Asked:N0}"), Invariant($"{figure.Top:P1}"), Invariant($"{figure.ChanceTop:P1}"),
                Invariant($"{figure.ReciprocalRank:F3}"), Invariant($"{figure.ChanceReciprocalRank:F3}"), Invariant($"{figure.MedianRank:G4}"), Invariant($"{figure.ChanceMedianRank:G4}"));
        }

        output.Screen.Write(table);
        var examples = new Table().Border(TableBorder.Simple).Title($"The first {Math.Min(Shown, record.Words.Count)} words");
        examples.AddColumns("query", "word", "most related other word", "correlation", "partners", "best at rank");
        foreach (var word in record.Words.Take(Shown))
        {
            examples.AddRow(
                $"{word.Query}", Markup.Escape(word.Word), Markup.Escape(word.Place.Top), Invariant($"{word.Place.TopScore:F3}"),
                Markup.Escape(string.Join(", ", word.Partners.Keys)), $"{word.Place.Rank}");
        }

        output.Screen.Write(examples);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
