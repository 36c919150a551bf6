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
        var folders = RunQueries.FoldersOf(directory).Select(folder => (Place: folder, Record: folder.ReadRecord())).ToList();
        folders.ForEach(folder => folder.Place.RequireScores(folder.Record));

        var matrices = Matrices.ToDictionary(name => name, name => Stacked([.. folders.Select(folder => NpyFile.Read<float>(Path.Combine(folder.Place.Scores, name + ".npy")))]));
        if (arguments.GetValue(_alpha) is > 0 and var alpha)
        {
            matrices.Add("bif_scaled", Scaled(matrices["bif"], PartialNormalisation.Weights(directory.Scores, alpha)));
        }

        var items = directory.ReadTrainItems(record);
        var queries = folders.Select(folder => (Table: folder.Place.ReadQueryItems(folder.Record), folder.Record.Queries.Count)).ToList();
        var queryCount = queries.Sum(part => part.Count);
        var target = arguments.GetRequiredValue(_out);
        var format = arguments.GetValue(_format);
        Publish(target, staging =>
        {
            switch (format)
            {
                case "npy":
                    foreach (var (name, (shape, values)) in matrices)
                    {
                        NpyFile.Write<float>(Path.Combine(staging, name + ".npy"), shape, values);
                    }

                    break;
                case "csv":
                    Text(Path.Combine(staging, "scores.csv"), writer => Scores(writer, matrices));
                    break;
                default:
                    Text(Path.Combine(staging, "scores.json"), writer => writer.Write(JsonSerializer.Serialize(
                        matrices.ToDictionary(pair => pair.Key, pair => Rows(pair.Value.Shape, pair.Value.Values)), JsonText.Compact)));
                    break;
            }

            Text(Path.Combine(staging, "items.csv"), writer => Table(writer, items, record.Data.Count, 0, header: true));
            Text(Path.Combine(staging, "queries.csv"), writer => QueryTable(writer, queries));
            Text(Path.Combine(staging, "metadata.json"), writer => writer.Write(JsonSerializer.Serialize(
                new { sign = SignConvention.Text, units = "bif in nats squared, correlation without unit", record }, RunRecord.Json)));
        });
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

    private static void QueryTable(TextWriter writer, IEnumerable<(ItemTable Table, int Count)> parts)
    {
        var first = 0;
        foreach (var (table, count) in parts)
        {
            Table(writer, table, count, first, header: first == 0);
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
                CsvCell.Of(label is { } at && table.ClassNames is { } names && at < names.Count ? names[at] : ""),
                CsvCell.Of(table.Names?[index] ?? "")));
        }
    }

    private static void Text(string file, Action<TextWriter> write)
    {
        using var writer = new StreamWriter(file);
        write(writer);
    }

    // Files get their names when all of them are written: a failure leaves an older export, or no folder, as it was.
    private static void Publish(string target, Action<string> write)
    {
        var isNew = !Directory.Exists(target);
        var staging = Path.Combine(target, $".export.{Environment.ProcessId}.part");
        var done = false;
        try
        {
            Directory.CreateDirectory(staging);
            write(staging);
            var files = Directory.GetFiles(staging).Select(file => (From: file, To: Path.Combine(target, Path.GetFileName(file)))).ToList();
            if (files.FirstOrDefault(file => Directory.Exists(file.To)) is { To: { } folder })
            {
                throw new InputException($"{folder} is a folder where export writes a file: choose another --out.");
            }

            files.ForEach(file => File.Move(file.From, file.To, overwrite: true));
            done = true;
        }
        finally
        {
            if (Directory.Exists(staging))
            {
                Directory.Delete(staging, recursive: true);
            }

            if (isNew && !done && Directory.Exists(target))
            {
                Directory.Delete(target);
            }
        }
    }
}
