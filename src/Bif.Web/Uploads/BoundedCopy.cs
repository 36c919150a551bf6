using Bif.Engine;

namespace Bif.Web.Uploads;

/// <summary>Copies streams until they have brought more bytes together than is allowed.</summary>
/// <param name="most">Bytes allowed.</param>
/// <param name="name">What is copied, for the sentence that refuses it.</param>
/// <param name="progress">Receives the bytes copied so far, or null.</param>
internal sealed class BoundedCopy(long most, string name, IProgress<long>? progress)
{
    private readonly byte[] _buffer = new byte[1 << 17];
    private long _copied;

    /// <summary>Copies one to its end.</summary>
    /// <exception cref="InputException">There are too many bytes.</exception>
    public async Task Copy(Stream from, Stream to, CancellationToken cancellation)
    {
        for (int count; (count = await from.ReadAsync(_buffer, cancellation)) > 0;)
        {
            _copied += count;
            if (_copied > most)
            {
                throw new InputException($"{name} has more than {most >> 20:N0} MiB, unpacked or not: the operator sets the limit (Bif:UploadMegabytes), or can place large data under a folder of Bif:Roots.");
            }

            await to.WriteAsync(_buffer.AsMemory(0, count), cancellation);
            progress?.Report(_copied);
        }
    }
}
