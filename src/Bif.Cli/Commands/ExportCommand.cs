using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Bif.Cli.Parsing;
using Bif.Cli.Terminal;
using Bif.Engine;
using Bif.Engine.Arrays;
using Bif.Engine.Attribution;
using Bif.Engine.Runs;

namespace Bif.Cli.Commands;

/// <summary><c>bif export</c>: a run's scores and item tables in formats that other tools read.</summary>
internal sealed class ExportCommand : Verb
{
    private static readonly string[] Matrices = ["bif", "bif_se", "correlation", "correlation_se"];
    private readonly Argument<string> _run = RunArgument.Create();
    private readonly Setting<string> _format = Setting.Choice("--format", "npy (matrices [query, item]), csv (a row per query and item) or json.", "npy", "npy", "csv", "json");
    private readonly Setting<double> _alpha = Setting.Number("--alpha", "Above 0: also write bif_scaled, each BIF score divided by the item's loss deviation to this power.", 0, Interval.Between(0, 1));
    private readonly Setting<string> _out = Setting.Required("--out", "DIR", "Folder to write; created if missing.");

    /// <summary>Declares the options.</summary>
    public ExportCommand() : base("export", "Write a run's scores, errors and item tables for other tools.")
    {
        Arguments.Add(_run);
        Options.Add(_format);
        Options.Add(_alpha);
        Options.Add(_out);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("bif export runs/cifar --format npy --out out/", "Writes bif.npy, correlation.npy, their errors, items and metadata."),
    ];

    /// <inheritdoc/>
    public override string Notes => SignConvention.Text;

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Output output)
    {
        var directory = RunDirectory.Open(arguments.GetRequiredValue(_run));
        var record = directory.ReadRecord();
        directory.RequireScores(record);
        var folders = RunQueries.FoldersOf(directory);
        var matrices = Matrices.ToDictionary(name => name, name => Stacked([.. folders.Select(folder => NpyFile.Read<float>(Path.Combine(folder.Scores, name + ".npy")))]));
        if (arguments.GetValue(_alpha) is > 0 and var alpha)
        {
            matrices.Add("bif_scaled", Scaled(matrices["bif"], PartialNormalisation.Weights(directory.Scores, alpha)));
        }

        var items = ItemTable.Read(directory.TrainItems, record.Data.Count);
        var queryCount = folders.Sum(folder => folder.ReadRecord().Queries.Count);
        if (matrices.Values.FirstOrDefault(matrix => matrix.Shape[0] != queryCount || matrix.Shape[1] != record.Data.Count) is { } other)
        {
            throw new InputException($"{directory.Scores} has scores of {other.Shape[0]:N0} queries and {other.Shape[1]:N0} items, but run.json says {queryCount:N0} and {record.Data.Count:N0}: the run is damaged.");
        }

        var target = arguments.GetRequiredValue(_out);
        Directory.CreateDirectory(target);
        var format = arguments.GetValue(_format);
        switch (format)
        {
            case "npy":
                foreach (var (name, (shape, values)) in matrices)
                {
                    NpyFile.Write<float>(Path.Combine(target, name + ".npy"), shape, values);
                }

                break;
            case "csv":
                Whole(Path.Combine(target, "scores.csv"), writer => Scores(writer, matrices));
                break;
            default:
                Whole(Path.Combine(target, "scores.json"), writer => writer.Write(JsonSerializer.Serialize(
                    matrices.ToDictionary(pair => pair.Key, pair => Rows(pair.Value.Shape, pair.Value.Values)), JsonText.Compact)));
                break;
        }

        Whole(Path.Combine(target, "items.csv"), writer => Table(writer, items, record.Data.Count, 0, header: true));
        Whole(Path.Combine(target, "queries.csv"), writer => QueryTable(writer, folders));
        Whole(Path.Combine(target, "metadata.json"), writer => writer.Write(JsonSerializer.Serialize(
            new { sign = SignConvention.Text, units = "bif in nats squared, correlation without unit", record }, RunRecord.Json)));
        output.Results.WriteLine($"Wrote {queryCount:N0} queries × {record.Data.Count:N0} items as {format} to {Path.GetFullPath(target)}.");
        return ExitCode.Ok;
    }

    private static void Scores(TextWriter writer, Dictionary<string, NpyArray<float>> matrices)
    {
        writer.WriteLine("query,item," + string.Join(',', matrices.Keys));
        var (shape, _) = matrices["bif"];
        for (var index = 0L; index < shape[0] * shape[1]; index++)
        {
            writer.Write($"{index / shape[1]},{index % shape[1]}");
            foreach (var name in matrices.Keys)
            {
                writer.Write(',');
                writer.Write(matrices[name].Values[index].ToString("R", CultureInfo.InvariantCulture));
            }

            writer.WriteLine();
        }
    }

    private static float[][] Rows(long[] shape, float[] values)
        => [.. Enumerable.Range(0, (int)shape[0]).Select(row => values.AsSpan((int)(row * shape[1]), (int)shape[1]).ToArray())];

    // The run's own queries, then those added later.
    private static NpyArray<float> Stacked(NpyArray<float>[] parts)
        => new([parts.Sum(part => part.Shape[0]), parts[0].Shape[1]], [.. parts.SelectMany(part => part.Values)]);

    private static NpyArray<float> Scaled(NpyArray<float> scores, float[] weights)
    {
        var values = scores.Values.ToArray();
        for (var row = 0; row < scores.Shape[0]; row++)
        {
            PartialNormalisation.Apply(values.AsSpan(row * weights.Length, weights.Length), weights);
        }

        return new(scores.Shape, values);
    }

    private static void QueryTable(TextWriter writer, IReadOnlyList<RunDirectory> folders)
    {
        var first = 0;
        foreach (var folder in folders)
        {
            var count = folder.ReadRecord().Queries.Count;
            Table(writer, ItemTable.Read(folder.QueryItems, count), count, first, header: first == 0);
            first += count;
        }
    }

    private static void Table(TextWriter writer, ItemTable table, int count, int first, bool header)
    {
        if (header)
        {
            writer.WriteLine("index,source_index,label,target,class_name,file");
        }

        for (var index = 0; index < count; index++)
        {
            var label = table.Labels?[index];
            writer.WriteLine(string.Join(',',
                first + index,
                table.FirstIndex + index,
                label?.ToString() ?? "",
                table.Targets?[index].ToString("R", CultureInfo.InvariantCulture) ?? "",
                Quote(label is { } at && table.ClassNames is { } names && at < names.Count ? names[at] : ""),
                Quote(table.Names?[index] ?? "")));
        }
    }

    private static string Quote(string text) => text.AsSpan().IndexOfAny(",\"\n") >= 0 ? $"\"{text.Replace("\"", "\"\"")}\"" : text;

    // A reader sees the old file or the new one.
    private static void Whole(string file, Action<TextWriter> write)
    {
        using (var writer = new StreamWriter(file + ".part"))
        {
            write(writer);
        }

        File.Move(file + ".part", file, overwrite: true);
    }
}
