using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Bif.Engine.Arrays;
using Bif.Engine.Runs;
using Microsoft.Win32.SafeHandles;

namespace Bif.Engine.Retraining;

/// <summary>
/// The queries' losses of models retrained on random subsets, in a folder of its own: <c>bank.json</c>, <c>masks.npy</c>
/// (bool [subset, item]) and <c>losses.npy</c> (nats, [subset, repeat, query], NaN where a model is still to be trained). A
/// model's losses are written when it is done and stay: an interrupted bank goes on, and a finished one can be enlarged.
/// </summary>
public sealed class RetrainingBank
{
    private readonly float[] _losses;

    private RetrainingBank(string directory, BankRecord record, float[] losses) => (Directory, Record, _losses) = (directory, record, losses);

    /// <summary>The folder.</summary>
    public string Directory { get; }

    /// <summary>What it holds.</summary>
    public BankRecord Record { get; private set; }

    /// <summary>Number of models that are done.</summary>
    public int Done => Slots().Count(slot => IsDone(slot.Subset, slot.Repeat));

    private string RecordFile => Path.Combine(Directory, "bank.json");

    private string LossFile => Path.Combine(Directory, "losses.npy");

    /// <summary>Reads a bank.</summary>
    /// <exception cref="InputException">There is none, or it is damaged.</exception>
    public static RetrainingBank Open(string directory)
    {
        var file = Path.Combine(directory, "bank.json");
        if (!File.Exists(file))
        {
            throw new InputException($"There is no bank of retrained losses in {directory}: bif lds makes one.");
        }

        var record = BankRecord.Read(file);
        var losses = NpyFile.Read<float>(Path.Combine(directory, "losses.npy"));
        return losses.Shape is [var subsets, var repeats, var queries] && subsets == record.Spec.Subsets && repeats == record.Spec.Repeats && queries == record.Queries
            ? new(directory, record, losses.Values)
            : throw new InputException($"{directory}/losses.npy has the shape ({string.Join(", ", losses.Shape)}), which is not what bank.json says: remove the folder.");
    }

    /// <summary>Opens the bank of a problem, makes it, or enlarges it to hold the models of <paramref name="spec"/>.</summary>
    /// <exception cref="InputException">The folder holds a bank of other training, or cannot be written.</exception>
    public static RetrainingBank For(RetrainingProblem problem, BankSpec spec, string directory)
    {
        // Before there is a folder for it.
        _ = spec.SizeOf(problem.Data.Count);
        if ((double)spec.Subsets * spec.Repeats * problem.Queries.Count > Array.MaxLength || (double)spec.Subsets * problem.Data.Count > Array.MaxLength)
        {
            throw new InputException(
                $"A bank of {spec.Subsets:N0} subsets and {spec.Repeats:N0} repeats for {problem.Queries.Count:N0} queries and {problem.Data.Count:N0} items is too large to keep: lower --subsets or --repeats.");
        }

        var id = IdOf(problem, spec);
        RunDirectory.RequireWritable(directory);
        if (!File.Exists(Path.Combine(directory, "bank.json")))
        {
            return Create(problem, spec, directory, id);
        }

        var bank = Open(directory);
        if (bank.Record.Id != id)
        {
            throw new InputException($"{directory} holds a bank of other models (another structure, recipe, data, share or seed): choose another --bank, or give the settings in its bank.json.");
        }

        var wanted = spec with { Subsets = Math.Max(spec.Subsets, bank.Record.Spec.Subsets), Repeats = Math.Max(spec.Repeats, bank.Record.Spec.Repeats) };
        return wanted == bank.Record.Spec ? bank : bank.Enlarge(wanted);
    }

    /// <summary>What identifies the bank of a problem: the number of subsets and repeats does not.</summary>
    public static string IdOf(RetrainingProblem problem, BankSpec spec) => problem.Identity(new { spec.Alpha, spec.Seed, version = 1 });

    /// <summary>Whether a model's losses are there.</summary>
    public bool IsDone(int subset, int repeat) 
    {
        foreach (var loss in Row(subset, repeat))
        {
            if (float.IsNaN(loss))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A model's losses [query], nats.</summary>
    public ReadOnlySpan<float> Losses(int subset, int repeat) => Row(subset, repeat);

    /// <summary>Trains those models of <paramref name="wanted"/> that are not done, in blocks.</summary>
    /// <param name="problem">The problem of which this is the bank.</param>
    /// <param name="wanted">The subsets and repeats that are needed now.</param>
    /// <param name="threads">CPU threads.</param>
    /// <param name="progress">Receives a report after each block of models, or null.</param>
    /// <param name="cancellation">Gives up the models that are not done; the same call goes on.</param>
    /// <returns>Whether all wanted models are done.</returns>
    /// <exception cref="InputException">A training diverges, or another process works on the bank.</exception>
    public bool Fill(RetrainingProblem problem, BankSpec wanted, int threads, IProgress<BankProgress>? progress, CancellationToken cancellation)
    {
        using var turn = Turn();
        // Blocks have a fixed place, so that an interruption does not change which models train together.
        var size = RetrainingPool.BlockSize(problem);
        var blocks = Slots().Where(slot => slot.Subset < wanted.Subsets && slot.Repeat < wanted.Repeats)
            .GroupBy(slot => (slot.Repeat, Block: slot.Subset / size))
            .Where(block => block.Any(slot => !IsDone(slot.Subset, slot.Repeat)))
            .Select(block => block.Select(slot => Record.Spec.Model(slot.Subset, slot.Repeat, Record.Items)).ToArray())
            .ToList();
        if (blocks.Count == 0)
        {
            return true;
        }

        var missing = blocks.Sum(block => block.Length);
        using var file = File.OpenHandle(LossFile, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var start = DataStart(file);
        var clock = Stopwatch.StartNew();
        var (done, present) = (0, (wanted.Subsets * wanted.Repeats) - missing);
        try
        {
            RetrainingPool.Run(problem, blocks, threads, (models, losses) =>
            {
                for (var index = 0; index < models.Length; index++)
                {
                    Keep(file, start, models[index], losses[index]);
                }

                done += models.Length;
                progress?.Report(new BankProgress(present + done, present + missing, clock.Elapsed.TotalSeconds, clock.Elapsed.TotalSeconds * (missing - done) / done));
            }, cancellation);
        }
        finally
        {
            Record = Record with { Seconds = Record.Seconds + clock.Elapsed.TotalSeconds, Trained = Record.Trained + done };
            WriteRecord();
        }

        return done == missing;
    }

    private static RetrainingBank Create(RetrainingProblem problem, BankSpec spec, string directory, string id)
    {
        var record = new BankRecord
        {
            Id = id,
            Spec = spec,
            Items = problem.Data.Count,
            Queries = problem.Queries.Count,
            ModelType = problem.Model.Config.ModelType,
            Recipe = problem.Recipe,
            DataHash = problem.Data.Hash,
            QueriesHash = problem.Queries.Hash,
        };
        var bank = new RetrainingBank(directory, record, NewLosses(record));
        System.IO.Directory.CreateDirectory(directory);
        bank.Write();
        return bank;
    }

    private static float[] NewLosses(BankRecord record)
    {
        var losses = new float[checked(record.Spec.Subsets * record.Spec.Repeats * record.Queries)];
        losses.AsSpan().Fill(float.NaN);
        return losses;
    }

    // A loss that is there stays, even where its block was trained again for the sake of others.
    private void Keep(SafeFileHandle file, long start, RetrainedModel model, float[] losses)
    {
        if (!IsDone(model.Subset, model.Repeat))
        {
            var row = Row(model.Subset, model.Repeat);
            losses.CopyTo(row);
            RandomAccess.Write(file, MemoryMarshal.AsBytes(row), start + ((long)Offset(model.Subset, model.Repeat) * sizeof(float)));
        }
    }

    // A prefix of subsets and repeats stays what it is.
    private RetrainingBank Enlarge(BankSpec spec)
    {
        using var turn = Turn();
        var record = Record with { Spec = spec };
        var larger = new RetrainingBank(Directory, record, NewLosses(record));
        foreach (var (subset, repeat) in Slots())
        {
            Row(subset, repeat).CopyTo(larger.Row(subset, repeat));
        }

        larger.Write();
        return larger;
    }

    private void Write()
    {
        var masks = new bool[Record.Spec.Subsets * Record.Items];
        for (var subset = 0; subset < Record.Spec.Subsets; subset++)
        {
            foreach (var item in Record.Spec.Items(subset, Record.Items))
            {
                masks[(subset * Record.Items) + item] = true;
            }
        }

        NpyFile.Write<bool>(Path.Combine(Directory, "masks.npy"), [Record.Spec.Subsets, Record.Items], masks);
        NpyFile.Write<float>(LossFile, [Record.Spec.Subsets, Record.Spec.Repeats, Record.Queries], _losses);
        WriteRecord();
    }

    private void WriteRecord() => RunDirectory.Replace(RecordFile, JsonSerializer.Serialize(Record, RunRecord.Json) + "\n");

    // All subsets once before any again: what is there early serves already.
    private IEnumerable<(int Subset, int Repeat)> Slots() => Enumerable.Range(0, Record.Spec.Repeats)
        .SelectMany(repeat => Enumerable.Range(0, Record.Spec.Subsets).Select(subset => (subset, repeat)));

    private FileStream Turn()
    {
        try
        {
            return new FileStream(Path.Combine(Directory, "bank.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error)
        {
            throw new InputException($"Another process trains models for the bank in {Directory}: wait until it has ended.", error);
        }
    }

    private int Offset(int subset, int repeat) => ((subset * Record.Spec.Repeats) + repeat) * Record.Queries;

    private Span<float> Row(int subset, int repeat) => _losses.AsSpan(Offset(subset, repeat), Record.Queries);

    // NumPy's header: six magic bytes, two of the version, and the length of what follows.
    private static long DataStart(SafeFileHandle file)
    {
        Span<byte> length = stackalloc byte[2];
        RandomAccess.Read(file, length, 8);
        return 10 + BinaryPrimitives.ReadUInt16LittleEndian(length);
    }
}
