using System.IO.Compression;
using Bif.Engine;
using Bif.Web.Browsing;
using Bif.Web.Hosting;

namespace Bif.Web.Uploads;

/// <summary>
/// Takes models and data from people, as one file or a .zip, into a folder of their own under <c>uploads</c>, where the new-run
/// page finds them. Nothing is kept unless all of it was taken and it holds something that Bif reads.
/// </summary>
public sealed class UploadDesk(BifOptions options, Catalog catalog)
{
    private const int MostFiles = 200_000;
    private const int Deepest = 8;
    private const int LongestName = 60;
    private static readonly string[] Single = [".csv", ".jsonl", ".tsv", ".txt"];

    // Programs are not taken: a TorchScript file could do what it likes with this machine's files.
    private static readonly string[] Taken =
        [.. Single, "", ".json", ".safetensors", ".bin", ".gz", ".md", ".jpg", ".jpeg", ".png", ".webp"];

    /// <summary>Bytes that an upload may have, packed or unpacked.</summary>
    public long MostBytes => (long)options.UploadMegabytes << 20;

    /// <summary>Takes an upload.</summary>
    /// <param name="content">The file; read once, to its end or to the first fault.</param>
    /// <param name="fileName">Its name as the sender has it: .zip, or a single .csv, .jsonl, .tsv or .txt.</param>
    /// <param name="progress">Receives the bytes taken so far, or null.</param>
    /// <param name="cancellation">The sender went away: nothing is kept.</param>
    /// <exception cref="InputException">It is too large, no archive, hostile, or holds nothing that Bif reads; nothing is kept.</exception>
    public async Task<UploadAnswer> Take(Stream content, string fileName, IProgress<long>? progress, CancellationToken cancellation)
    {
        var name = Path.GetFileName(fileName.Replace('\\', '/'));
        var extension = Path.GetExtension(name).ToLowerInvariant();
        if (options.UploadMegabytes == 0)
        {
            throw new InputException("This installation takes no uploads (Bif:UploadMegabytes is 0): ask its operator to place models and data.");
        }

        if (extension != ".zip" && !Single.Contains(extension))
        {
            throw new InputException($"{name} is neither a .zip nor a {string.Join(", ", Single)} file: pack the model's or the data's folder into a .zip.");
        }

        var uploads = Path.Combine(options.Data, "uploads");
        var incoming = Path.Combine(uploads, "." + Guid.NewGuid().ToString("N"));
        try
        {
            Directory.CreateDirectory(incoming);
            var file = Path.Combine(incoming, extension == ".zip" ? ".zip" : SafeName(name));
            await using (var target = new FileStream(file, FileMode.CreateNew))
            {
                await new BoundedCopy(MostBytes, name, progress).Copy(content, target, cancellation);
            }

            if (extension == ".zip")
            {
                await Unpack(file, incoming, name, cancellation);
                File.Delete(file);
            }

            var found = catalog.Look([incoming]);
            if (found.Models.Count + found.Data.Count == 0)
            {
                throw new InputException(
                    $"{name} holds no model (a folder with config.json and weights) and no data (IDX, CIFAR binaries, image folders, .csv, .jsonl, .tsv, .txt).");
            }

            var folder = Free(uploads, SafeName(Path.GetFileNameWithoutExtension(name)));
            Directory.Move(incoming, folder);
            found = catalog.Look([folder]);
            return new(folder, found.Models, found.Data);
        }
        catch (InvalidDataException error)
        {
            throw new InputException($"{name} is not a sound .zip file ({error.Message.TrimEnd('.')}).", error);
        }
        catch (IOException error) when (!cancellation.IsCancellationRequested)
        {
            throw new InputException($"{name} could not be stored ({error.Message.Replace(incoming + '/', "", StringComparison.Ordinal).TrimEnd('.')}); nothing of it was kept.", error);
        }
        finally
        {
            if (Directory.Exists(incoming))
            {
                Directory.Delete(incoming, recursive: true);
            }
        }
    }

    // What the archive says of its sizes is not believed: bytes are counted as they come out.
    private async Task Unpack(string file, string folder, string name, CancellationToken cancellation)
    {
        await using var archive = await ZipFile.OpenReadAsync(file, cancellation);
        if (archive.Entries.Count > MostFiles)
        {
            throw new InputException($"{name} has {archive.Entries.Count:N0} files; at most {MostFiles:N0} are taken.");
        }

        var files = archive.Entries.Where(entry => entry.Name.Length > 0).Select(entry => (Entry: entry, Target: Target(folder, entry, name))).ToList();
        var models = files.Where(file => Path.GetFileName(file.Target) == "config.json").Select(file => Path.GetDirectoryName(file.Target)).ToHashSet();
        var copy = new BoundedCopy(MostBytes, name, null);
        foreach (var (entry, target) in files)
        {
            // Beside a model's configuration such a file holds its weights; elsewhere it is data.
            if (Path.GetExtension(target).Equals(".bin", StringComparison.OrdinalIgnoreCase) && models.Contains(Path.GetDirectoryName(target)))
            {
                throw new InputException($"{name} holds {Shown(entry.FullName)}, weights in Python's own format, which can carry programs: save them as .safetensors.");
            }

            if (Path.Exists(target))
            {
                throw new InputException($"{name} holds {Shown(entry.FullName)} twice: nothing of it was kept.");
            }

            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            await using var from = await entry.OpenAsync(cancellation);
            await using var to = new FileStream(target, FileMode.CreateNew);
            await copy.Copy(from, to, cancellation);
        }
    }

    private static string Target(string folder, ZipArchiveEntry entry, string name)
    {
        const int linkType = 0xA000;
        var parts = entry.FullName.Replace('\\', '/').Split('/');
        if (parts.Any(part => part is "" or "." or ".." || part.Contains('\0', StringComparison.Ordinal)))
        {
            throw new InputException($"{name} holds a file that would lie outside its folder ({Shown(entry.FullName)}): nothing of it was kept.");
        }

        if (((entry.ExternalAttributes >> 16) & 0xF000) == linkType)
        {
            throw new InputException($"{name} holds a link ({Shown(entry.FullName)}): pack the files themselves.");
        }

        if (parts.Length > Deepest || !Taken.Contains(Path.GetExtension(entry.Name).ToLowerInvariant()))
        {
            throw new InputException(
                $"{name} holds {Shown(entry.FullName)}, which is not taken: weights come as .safetensors, data as IDX, CIFAR .bin, pictures, .csv, .jsonl, .tsv or .txt, at most {Deepest} folders deep.");
        }

        return Path.Combine(folder, Path.Combine(parts));
    }

    private static string Shown(string text) => new([.. text.Take(80).Select(letter => char.IsControl(letter) ? '?' : letter)]);

    private static string SafeName(string name)
    {
        var safe = new string([.. name.Take(LongestName).Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' ? letter : '-')]).TrimStart('.');
        return safe.Length > 0 ? safe : "upload";
    }

    private static string Free(string uploads, string name)
    {
        var folder = Path.Combine(uploads, name);
        for (var number = 2; Path.Exists(folder); number++)
        {
            folder = Path.Combine(uploads, $"{name}-{number}");
        }

        return folder;
    }
}
