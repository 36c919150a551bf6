using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Bif.Engine.Downloads;

/// <summary>
/// Fetches one file into a folder. Bytes go to NAME.part, which outlives interruptions; the file gets its name once its size and
/// checksum are right, so that a file of that name is whole. A part is continued only where the server confirms that it is the same
/// file (If-Range with a strong entity tag), or where a checksum will tell.
/// </summary>
internal sealed class Transfer(Requests requests, DownloadSettings settings, Action<string> say)
{
    // What a part belongs to.
    private sealed record PartOrigin(string Address, string? Validator);

    private long _received;

    /// <summary>Fetches it; does nothing where it is there.</summary>
    /// <param name="file">The file.</param>
    /// <param name="folder">Where to.</param>
    /// <param name="room">Bytes that it may have at most.</param>
    /// <param name="arrived">Told the bytes that are here and the total, where that is known.</param>
    /// <param name="cancellation">Leaves the part for the next time.</param>
    /// <returns>Bytes that came over the network.</returns>
    /// <exception cref="InputException">It cannot be had, or what came is not that file.</exception>
    public async Task<long> Fetch(RemoteFile file, string folder, long room, Action<long, long?> arrived, CancellationToken cancellation)
    {
        var (path, furthest) = (Path.Combine(folder, file.Name), 0L);
        _received = 0;
        if (File.Exists(path))
        {
            arrived(new FileInfo(path).Length, new FileInfo(path).Length);
            return 0;
        }

        var (part, attempts) = (path + ".part", new Attempts(settings, file.Address, say));
        while (true)
        {
            try
            {
                var before = File.Exists(part) ? new FileInfo(part).Length : 0;
                var started = await Receive(file, part, room, arrived, cancellation);
                if (await IsRight(file, part, cancellation))
                {
                    break;
                }

                File.Delete(part);
                if (before == 0 || started == 0)
                {
                    throw new InputException(
                        $"{file.Address} sends other bytes than its source states ({file.Checksum?.Algorithm} checksum or size): nothing of it was kept. Try again later or choose another mirror.");
                }

                throw new TransferFault("the continued file has other bytes than its source states, so it is fetched anew");
            }
            catch (Exception error) when (error is TransferFault or HttpRequestException or IOException { InnerException: not null } or HttpIOException
                || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                // Only bytes beyond all earlier ones count, so that a server which never gets further is given up.
                var here = File.Exists(part) ? new FileInfo(part).Length : 0;
                if (here > furthest)
                {
                    furthest = here;
                    attempts.Progressed();
                }

                await attempts.Pause(error as TransferFault ?? new TransferFault("the connection broke off", null, error), cancellation);
            }
        }

        File.Move(part, path);
        File.Delete(part + ".json");
        return _received;
    }

    // Fills the part to its end; returns from which byte on.
    private async Task<long> Receive(RemoteFile file, string part, long room, Action<long, long?> arrived, CancellationToken cancellation)
    {
        var (have, origin) = (File.Exists(part) ? new FileInfo(part).Length : 0, ReadOrigin(part));
        var validator = origin?.Address == file.Address.ToString() ? origin.Validator : null;
        if (have == file.Bytes)
        {
            return have;
        }

        if (validator is null && file.Checksum is null)
        {
            have = 0;
        }

        using var response = await requests.Get(file.Address, have > 0 ? new RangeHeaderValue(have, null) : null, validator, cancellation);
        var tag = response.Headers.ETag is { IsWeak: false } strong ? strong.Tag : null;
        var range = response.Content.Headers.ContentRange;
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && have > 0 && range?.Length == have && (validator is not null || file.Checksum is not null))
        {
            return have;
        }

        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable
            || (response.StatusCode == HttpStatusCode.PartialContent && (range?.From != have || (validator is not null && tag is not null && tag != validator))))
        {
            File.Delete(part);
            throw new TransferFault($"{file.Address.Host} cannot go on where the file stopped");
        }

        var first = response.StatusCode == HttpStatusCode.PartialContent ? have : 0;
        var total = range?.Length ?? (response.Content.Headers.ContentLength + first);
        if (file.Bytes is { } bytes && total is { } promised && promised != bytes)
        {
            File.Delete(part);
            throw first > 0
                ? new TransferFault($"{file.Address.Host} has another file than before")
                : new InputException($"{file.Address} has {promised:N0} bytes where its source states {bytes:N0}: it is another file, or a page that stands in its place. Check the proxy and the mirror.");
        }

        WriteOrigin(part, new(file.Address.ToString(), tag));
        await using var target = new FileStream(part, first > 0 ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.Read);
        await Copy(file, response, target, first, Math.Min(room, file.Bytes ?? room), count => arrived(count, total ?? file.Bytes), cancellation);
        if ((total ?? file.Bytes) is { } all && target.Length < all)
        {
            throw new TransferFault("the connection broke off");
        }

        return first;
    }

    private async Task Copy(RemoteFile file, HttpResponseMessage response, FileStream target, long first, long most, Action<long> arrived, CancellationToken cancellation)
    {
        await using var source = await response.Content.ReadAsStreamAsync(cancellation);
        var (buffer, count) = (new byte[1 << 17], first);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        arrived(count);
        while (true)
        {
            patience.CancelAfter(settings.Patience);
            var read = await source.ReadAsync(buffer, patience.Token);
            if (read == 0)
            {
                break;
            }

            _received += read;
            if ((count += read) > most)
            {
                target.SetLength(0);
                throw new InputException($"{file.Address} goes on after {most:N0} bytes, which is more than it should have or than is allowed: nothing of it was kept.");
            }

            await target.WriteAsync(buffer.AsMemory(0, read), cancellation);
            arrived(count);
        }

        target.Flush(flushToDisk: true);
    }

    private async Task<bool> IsRight(RemoteFile file, string part, CancellationToken cancellation)
    {
        if (file.Bytes is { } bytes && new FileInfo(part).Length != bytes)
        {
            return false;
        }

        if (file.Checksum is null)
        {
            return true;
        }

        say($"checking {file.Name}");
        return await file.Checksum.Matches(part, cancellation);
    }

    private static PartOrigin? ReadOrigin(string part)
    {
        try
        {
            return File.Exists(part + ".json") ? JsonSerializer.Deserialize<PartOrigin>(File.ReadAllText(part + ".json")) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void WriteOrigin(string part, PartOrigin origin) => File.WriteAllText(part + ".json", JsonSerializer.Serialize(origin));
}
