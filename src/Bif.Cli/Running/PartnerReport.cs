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
        output.Screen.WriteLine(Invariant($"The most related other word is a known partner for {all.Top:P0} of {all.Asked:N0} words; words of the same frequency in the partners' place: {all.ChanceTop:P1}."));
        var table = new Table().Border(TableBorder.Simple).Title($"Rank of the best partner among {all.Words:N0} words, {record.Draws:N0} draws");
        foreach (var column in new[] { "partners", "asked", "at rank 1", "chance", "mean of 1/rank", "chance", "median rank" })
        {
            table.AddColumn(new TableColumn(column) { NoWrap = true });
        }

        foreach (var figure in record.ByKind.Prepend(all))
        {
            table.AddRow(
                figure.Kind ?? "all kinds", Invariant($"{figure.Asked:N0}"), Invariant($"{figure.Top:P1}"), Invariant($"{figure.ChanceTop:P1}"),
                Invariant($"{figure.ReciprocalRank:F3}"), Invariant($"{figure.ChanceReciprocalRank:F3}"), Invariant($"{figure.MedianRank:G4}"));
        }

        output.Screen.Write(table);
        var words = new Table().Border(TableBorder.Simple).Title($"The first {Math.Min(Shown, record.Words.Count)} words");
        words.AddColumns("query", "word", "most related other word", "correlation", "partners", "best at rank");
        foreach (var word in record.Words.Take(Shown))
        {
            words.AddRow(
                $"{word.Query}", Markup.Escape(word.Word), Markup.Escape(word.Place.Top), Invariant($"{word.Place.TopScore:F3}"),
                Markup.Escape(string.Join(", ", word.Partners.Keys)), $"{word.Place.Rank}");
        }

        output.Screen.Write(words);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
