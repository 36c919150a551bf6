using System.Text.Json;
using Bif.Engine.Models;
using Bif.Engine.Runs;

namespace Bif.Engine.Downloads;

/// <summary>
/// Fetches models and data sets by name into folders that Bif reads. Work is done in FOLDER.part and the folder is renamed when all
/// of it is there and right: a reader never sees half of one, and an interrupted download goes on where it stopped.
/// </summary>
/// <param name="settings">Proxy, mirrors, limits.</param>
public sealed class Downloader(DownloadSettings settings)
{
    private const string Record = "source.json";
    private const long MostUnpacked = 1L << 30;
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private sealed record Source(string What, string From, IReadOnlyList<RemoteFile> Files);

    /// <summary>Fetches one thing.</summary>
    /// <param name="what">A name of <see cref="KnownData"/>, or hf:OWNER/NAME[@REVISION].</param>
    /// <param name="root">The folder under which its folder is written.</param>
    /// <param name="progress">Told often, from the thread that works; or null.</param>
    /// <param name="cancellation">Stops; what has arrived is kept for the next time.</param>
    /// <exception cref="InputException">The name is not known, it cannot be had, or what came is not what its source states.</exception>
    public async Task<DownloadResult> Fetch(string what, string root, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        var current = new DownloadProgress(what, "", 0, 0, 0, null);
        void Say(string message) => progress?.Report(current with { Message = message });
        Check(what);

        // Data sets and models at a branch have a fixed folder: one that is there needs no network.
        var isModel = what.StartsWith("hf:", StringComparison.Ordinal);
        if (Path.Combine(root, isModel ? what[3..] : what) is var there && File.Exists(Path.Combine(there, Record)))
        {
            return new(what, there, isModel, WasThere: true, 0, Paths(there, isModel));
        }

        // What the person gave is checked before anything is asked of the network.
        settings.CheckMirrors();
        if (Path.Exists(there))
        {
            throw new InputException($"{there} is there already and was not fetched by Bif: choose another folder to write to, or move it away.");
        }

        RunDirectory.RequireWritable(root);
        using var client = settings.Client();
        var requests = new Requests(client, settings);
        var hub = new HubRepository(requests, settings, Say);
        var plan = isModel ? await hub.Model(what, cancellation) : (await KnownData.Plan(what, settings, hub, cancellation))!;
        var folder = Path.Combine(root, plan.Folder);
        if (Path.Exists(folder))
        {
            throw new InputException($"{folder} is there already and was not fetched by Bif: choose another folder to write to, or move it away.");
        }

        var part = folder + ".part";
        Directory.CreateDirectory(part);
        long received;
        using (Lock(part))
        {
            Keep(part, plan);
            received = await Fetch(plan, part, requests, state => progress?.Report(current = state), Say, cancellation);
        }

        Directory.Move(part, folder);
        return new(what, folder, isModel, WasThere: false, received, Paths(folder, isModel));
    }

    /// <summary>Refuses what is no name of anything, before any request.</summary>
    /// <exception cref="InputException">It is neither a model's name nor a data set's.</exception>
    public static void Check(string what)
    {
        if (what.StartsWith("hf:", StringComparison.Ordinal))
        {
            HubRepository.NameOf(what);
        }
        else if (KnownData.All.All(each => each.Name != what))
        {
            throw new InputException($"\"{what}\" is nothing that can be fetched: give hf:OWNER/NAME or one of {string.Join(", ", KnownData.All.Select(each => each.Name))}.");
        }
    }

    /// <summary>Names of the downloads below a folder that were begun and not finished.</summary>
    public static IReadOnlyList<string> Unfinished(string root) => !Directory.Exists(root) ? [] :
    [
        .. Directory.EnumerateDirectories(root).Concat(Directory.EnumerateDirectories(root).Where(folder => !folder.EndsWith(".part", StringComparison.Ordinal)).SelectMany(Directory.EnumerateDirectories))
            .Where(folder => folder.EndsWith(".part", StringComparison.Ordinal)).Select(ReadRecord).OfType<Source>().Select(source => source.What).Order(StringComparer.Ordinal),
    ];

    private async Task<long> Fetch(DownloadPlan plan, string part, Requests requests, Action<DownloadProgress> report, Action<string> say, CancellationToken cancellation)
    {
        var sizes = plan.Files.Select(file => file.Bytes).ToArray();
        if (sizes.Sum() is { } all && sizes.All(size => size is not null))
        {
            DiskSpace.Require(part, all - Here(part), plan.What, "free some");
        }

        var (transfer, received, done) = (new Transfer(requests, settings, say), 0L, 0L);
        foreach (var (index, file) in plan.Files.Index())
        {
            if (file.Members?.All(member => File.Exists(Path.Combine(part, Path.GetFileName(member)))) != true || File.Exists(Path.Combine(part, file.Name)))
            {
                long here = 0;
                received += await transfer.Fetch(file, part, settings.MostBytes - done, (bytes, total) =>
                {
                    (here, sizes[index]) = (bytes, total ?? sizes[index]);
                    report(new(plan.What, file.Name, index + 1, plan.Files.Count, done + bytes, sizes.All(size => size is not null) ? sizes.Sum() : null));
                }, cancellation);
                done += here;
                Unpack(file, part, say, cancellation);
            }

            if (file.Name == "config.json")
            {
                RequireKnown(plan.What, part);
            }
        }

        return received;
    }

    // The archive goes only after its members are complete, so that one that is gone means that they are.
    private static void Unpack(RemoteFile file, string part, Action<string> say, CancellationToken cancellation)
    {
        if (file.Members is { } members)
        {
            say($"unpacking {file.Name}");
            TarExtraction.Extract(Path.Combine(part, file.Name), members, part, MostUnpacked, cancellation);
            File.Delete(Path.Combine(part, file.Name));
        }
    }

    // Before gigabytes of weights come that could not be read.
    private static void RequireKnown(string what, string part)
    {
        string? type = null;
        try
        {
            using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(part, "config.json")));
            type = config.RootElement.GetProperty("model_type").GetString();
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // No type at all is refused below.
        }

        if (type is null || !ArchitectureCatalog.ModelTypes.Contains(type))
        {
            Directory.Delete(part, recursive: true);
            throw new InputException($"{what} is of the model type \"{type ?? "(none)"}\", which Bif does not know: it reads {string.Join(", ", ArchitectureCatalog.ModelTypes)}. Its weights were not fetched.");
        }
    }

    // A folder begun for other bytes (another commit) starts anew; a change of mirror does not matter.
    private static void Keep(string part, DownloadPlan plan)
    {
        var source = new Source(plan.What, plan.Source, plan.Files);
        static string Identity(Source each) => string.Join('\n', each.Files.Select(file => $"{file.Name} {file.Checksum}"));
        if (ReadRecord(part) is not { } before || Identity(before) != Identity(source))
        {
            foreach (var file in Directory.EnumerateFiles(part).Where(file => Path.GetFileName(file) != ".lock"))
            {
                File.Delete(file);
            }
        }

        File.WriteAllText(Path.Combine(part, Record), JsonSerializer.Serialize(source, Json));
    }

    private static Source? ReadRecord(string folder)
    {
        try
        {
            return File.Exists(Path.Combine(folder, Record)) ? JsonSerializer.Deserialize<Source>(File.ReadAllText(Path.Combine(folder, Record)), Json) : null;
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Texts are read as files, everything else as a folder.
    private static List<string> Paths(string folder, bool isModel)
    {
        List<string> files = [.. Directory.EnumerateFiles(folder).Where(file => Path.GetFileName(file) != Record).Order(StringComparer.Ordinal)];
        return !isModel && files.All(file => file.EndsWith(".txt", StringComparison.Ordinal)) ? files : [folder];
    }

    private static long Here(string part) => new DirectoryInfo(part).EnumerateFiles().Sum(file => file.Length);

    private static FileStream Lock(string part)
    {
        try
        {
            return new(Path.Combine(part, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException error)
        {
            throw new InputException($"{part} is being written by another download: wait for it, or stop it first.", error);
        }
    }
}
