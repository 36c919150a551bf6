using System.Text.Json;
using Bif.Web.Hosting;

namespace Bif.Web.Browsing;

/// <summary>A model or data that can be chosen.</summary>
/// <param name="Path">As the new-run page and the HTTP interface take it.</param>
/// <param name="Name">What to call it.</param>
/// <param name="Kind">The model's type, or the data's format.</param>
/// <param name="Splits">Its splits; empty for models and data without.</param>
public sealed record CatalogEntry(string Path, string Name, string Kind, IReadOnlyList<string> Splits);

/// <summary>What lies under the allowed folders.</summary>
/// <param name="Models">Folders with a model.</param>
/// <param name="Data">Files and folders with data.</param>
/// <param name="IsComplete">False where there was more than was looked at.</param>
public sealed record CatalogContents(IReadOnlyList<CatalogEntry> Models, IReadOnlyList<CatalogEntry> Data, bool IsComplete);

/// <summary>Looks for models and data under the allowed folders by the names of files alone: nothing is opened but small configurations.</summary>
public sealed class Catalog(BifOptions options)
{
    private const int MostFolders = 2000;
    private const int Deepest = 4;
    private static readonly string[] SplitNames = ["train", "val", "valid", "validation", "test"];
    private static readonly (string Name, string[] Files)[] CifarSplits = [("train", ["data_batch_1.bin", "train.bin"]), ("test", ["test_batch.bin", "test.bin"])];
    private static readonly string[] Notes = ["README", "LICENSE", "LICENCE", "NOTICE", "COPYING"];
    private static readonly string[] Pictures = [".jpg", ".jpeg", ".png", ".webp"];

    /// <summary>Looks now.</summary>
    public CatalogContents Scan() => Look(options.Roots);

    /// <summary>Looks into some files and folders.</summary>
    public CatalogContents Look(IReadOnlyList<string> roots)
    {
        var (models, data, seen) = (new List<CatalogEntry>(), new List<CatalogEntry>(), 0);
        foreach (var root in roots.Where(Directory.Exists))
        {
            var waiting = new Queue<(string Folder, int Depth)>([(root, 0)]);
            while (waiting.TryDequeue(out var next) && seen < MostFolders)
            {
                seen++;
                if (Look(root, next.Folder, models, data) && next.Depth < Deepest)
                {
                    foreach (var inner in Folders(next.Folder).Where(inner => !IsOwn(inner)))
                    {
                        waiting.Enqueue((inner, next.Depth + 1));
                    }
                }
            }
        }

        data.AddRange(roots.Where(File.Exists).Select(file => new CatalogEntry(file, Path.GetFileName(file), "file", [])));
        return new(Sorted(models), Sorted(data), seen < MostFolders);
    }

    // Runs, uploaded queries and the private database lie under the data folder too, and are no data to choose.
    private bool IsOwn(string folder) => folder == options.Runs || Path.GetDirectoryName(folder) == options.Data && Path.GetFileName(folder) is "postgres" or "queries" or "keys";

    private static IReadOnlyList<CatalogEntry> Sorted(List<CatalogEntry> entries) => [.. entries.DistinctBy(entry => entry.Path).OrderBy(entry => entry.Name, StringComparer.Ordinal)];

    // Notes what a folder is; whether to look at the folders in it.
    private static bool Look(string root, string folder, List<CatalogEntry> models, List<CatalogEntry> data)
    {
        string[] files;
        try
        {
            files = [.. Directory.EnumerateFiles(folder).Select(file => Path.GetFileName(file)!).Take(5000)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }

        if (files.Contains("config.json") && ModelType(Path.Combine(folder, "config.json")) is { } type)
        {
            models.Add(new(folder, NameOf(root, folder), type, []));
            return false;
        }

        if (CifarSplits.Where(split => split.Files.Any(file => files.Contains(file) || files.Contains(file + ".gz"))).Select(split => split.Name).ToList() is { Count: > 0 } found)
        {
            data.Add(new(folder, NameOf(root, folder), "CIFAR binaries", found));
        }
        else if (files.Any(file => file.Contains("-ubyte", StringComparison.Ordinal)))
        {
            data.Add(new(folder, NameOf(root, folder), "IDX", [.. new[] { ("train", "train-"), ("test", "t10k-") }.Where(split => files.Any(file => file.StartsWith(split.Item2, StringComparison.Ordinal))).Select(split => split.Item1)]));
        }
        else if (Folders(folder).Where(inner => SplitNames.Contains(Path.GetFileName(inner))).ToList() is { Count: > 0 } splits && splits.Any(HasPictures))
        {
            data.Add(new(folder, NameOf(root, folder), "image folder", [.. splits.Select(split => Path.GetFileName(split)!)]));
            return false;
        }
        else if (HasPictures(folder))
        {
            data.Add(new(folder, NameOf(root, folder), "image folder", []));
            return false;
        }

        data.AddRange(files.Select(file => (file, Kind: KindOf(file))).Where(each => each.Kind is not null)
            .Select(each => new CatalogEntry(Path.Combine(folder, each.file), NameOf(root, Path.Combine(folder, each.file)), each.Kind!, [])));
        return true;
    }

    // A README or a list of licences is no data to choose.
    private static string? KindOf(string file) => Path.GetExtension(file) switch
    {
        ".csv" => "CSV",
        ".jsonl" or ".tsv" => "text",
        ".txt" when !Notes.Contains(Path.GetFileNameWithoutExtension(file).ToUpperInvariant()) && !file.EndsWith(".meta.txt", StringComparison.Ordinal) => "text",
        _ => null,
    };

    // Whether the first class folders of a folder hold pictures.
    private static bool HasPictures(string folder) => Folders(folder).Take(3).Any(inner =>
        Directory.EnumerateFiles(inner).Take(20).Any(file => Pictures.Contains(Path.GetExtension(file).ToLowerInvariant())));

    private static List<string> Folders(string folder)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(folder).Where(inner => Path.GetFileName(inner)[0] != '.' && !inner.EndsWith(".part", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Take(MostFolders)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string NameOf(string root, string path) => Path.GetRelativePath(root, path) is var relative && relative == "." ? Path.GetFileName(root.TrimEnd('/')) : relative;

    private static string? ModelType(string config)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(config));
            return document.RootElement.TryGetProperty("model_type", out var type) ? type.GetString() : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
