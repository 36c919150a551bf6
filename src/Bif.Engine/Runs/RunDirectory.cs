using System.Text.Json;

namespace Bif.Engine.Runs;

/// <summary>The files of one run; the contract is in docs/how-it-works.md.</summary>
public sealed partial class RunDirectory(string root)
{
    /// <summary>The directory itself.</summary>
    public string Root { get; } = Path.GetFullPath(root);

    /// <summary>Spec, hashes, settings, timings, diagnostics, verdict.</summary>
    public string RecordFile => Path.Combine(Root, "run.json");

    /// <summary>The loss traces (Zarr v3).</summary>
    public string Traces => Path.Combine(Root, "traces.zarr");

    /// <summary>The losses of single tokens (Zarr v3; its items and queries are tokens), where they were asked for.</summary>
    public string TokenTraces => Path.Combine(Root, "tokens.zarr");

    /// <summary>The training tokens behind <see cref="TokenTraces"/>.</summary>
    public string TrainTokens => Path.Combine(Root, "items", "train_tokens.npy");

    /// <summary>The query tokens behind <see cref="TokenTraces"/>.</summary>
    public string QueryTokens => Path.Combine(Root, "items", "query_tokens.npy");

    /// <summary>Score matrices [query, item] as .npy files.</summary>
    public string Scores => Path.Combine(Root, "scores");

    /// <summary>States from which chains resume.</summary>
    public string Chains => Path.Combine(Root, "chains");

    /// <summary>Weights of draws that a run was asked to keep.</summary>
    public string Draws => Path.Combine(Root, "draws");

    /// <summary>Queries added to the finished run, each a run directory of its own that shares the training traces.</summary>
    public string Additions => Path.Combine(Root, "queries");

    /// <summary>The curvature at the checkpoint from which the chains' coordinates are made.</summary>
    public string Curvature => Path.Combine(Root, "curvature.safetensors");

    /// <summary>First-order parts of the losses and their covariances without noise, where the draws are independent.</summary>
    public string FirstOrder => Path.Combine(Root, "first_order");

    /// <summary>First-order responses of query tokens, measured without noise.</summary>
    public string Responses => Path.Combine(Root, "responses");

    /// <summary>Labels and names of the training items.</summary>
    public string TrainItems => Path.Combine(Root, "items", "train.json");

    /// <summary>Labels and names of the queries.</summary>
    public string QueryItems => Path.Combine(Root, "items", "queries.json");

    /// <summary>Opens a run that exists.</summary>
    /// <exception cref="InputException">There is no run there.</exception>
    public static RunDirectory Open(string root)
    {
        var directory = new RunDirectory(root);
        return File.Exists(directory.RecordFile)
            ? directory
            : throw new InputException($"There is no run in {root}: it has no run.json; give the folder that attribute --out wrote.");
    }

    /// <summary>Reads run.json.</summary>
    /// <exception cref="InputException">It is missing or damaged, of another version of the layout, or has impossible settings.</exception>
    public RunRecord ReadRecord()
    {
        try
        {
            var record = JsonSerializer.Deserialize<RunRecord>(File.ReadAllText(RecordFile), RunRecord.Json)
                ?? throw new InputException($"{RecordFile} is empty: the run cannot be read.");
            record.Check(RecordFile);
            return record;
        }
        catch (JsonException error)
        {
            var place = error.Path is { Length: > 0 } path ? $"at {path}, line {error.LineNumber + 1}" : error.Message;
            throw new InputException($"{RecordFile} is not a run record ({place}): restore it or run anew.", error);
        }
    }

    /// <summary>Refuses a folder that cannot be written, before hours of work end there; leaves no trace.</summary>
    /// <exception cref="InputException">It is a file, or cannot be created or written.</exception>
    internal static void RequireWritable(string folder)
    {
        try
        {
            var missing = new Stack<string>();
            for (var part = Path.GetFullPath(folder); part is not null && !Directory.Exists(part); part = Path.GetDirectoryName(part))
            {
                missing.Push(part);
            }

            Directory.CreateDirectory(folder);
            using (new FileStream(Path.Combine(folder, ".writable.part"), FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
            {
            }

            foreach (var part in missing.Reverse())
            {
                Directory.Delete(part);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InputException(
                File.Exists(folder) ? $"{folder} is a file: choose a folder for --out." : $"{folder} cannot be written ({error.Message}): choose another --out.", error);
        }
    }

    /// <summary>Writes run.json whole: a reader sees the old record or the new one.</summary>
    public void WriteRecord(RunRecord record) => Replace(RecordFile, JsonSerializer.Serialize(record, RunRecord.Json) + "\n");

    /// <summary>Reads what was measured of this run; null where nothing was, or where it is of the run's earlier draws.</summary>
    /// <param name="file">The file in the run.</param>
    /// <param name="runOf">Which run it says that it is about.</param>
    /// <param name="again">How to make it again, as an instruction.</param>
    /// <exception cref="InputException">The file is damaged.</exception>
    internal T? ReadBeside<T>(string file, Func<T, string> runOf, string again)
        where T : class
    {
        try
        {
            return File.Exists(file) && JsonSerializer.Deserialize<T>(File.ReadAllText(file), RunRecord.Json) is { } record && runOf(record) == ReadRecord().Id
                ? record
                : null;
        }
        catch (JsonException error)
        {
            throw new InputException($"{file} is not valid JSON (line {error.LineNumber + 1}): remove it and {again}.", error);
        }
    }

    /// <summary>Writes what was measured of a run, whole.</summary>
    internal static void WriteBeside<T>(string file, T record) => Replace(file, JsonSerializer.Serialize(record, RunRecord.Json) + "\n");

    /// <summary>Writes a text file whole through a .part file.</summary>
    internal static void Replace(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file + ".part", text);
        File.Move(file + ".part", file, overwrite: true);
    }
}
