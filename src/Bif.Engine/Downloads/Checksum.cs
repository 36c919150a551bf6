using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Bif.Engine.Downloads;

/// <summary>
/// What a file's bytes must hash to: <c>sha256</c>, <c>md5</c> (published with older data sets; it finds damage, not malice) or
/// <c>git</c>, the SHA-1 of the file as a git blob, which Hugging Face states for small files.
/// </summary>
/// <param name="Algorithm">sha256, md5 or git.</param>
/// <param name="Hex">The hash, lower case.</param>
public sealed record Checksum(string Algorithm, string Hex)
{
    /// <summary>Whether a file has it; reads the whole file.</summary>
    public async Task<bool> Matches(string path, CancellationToken cancellation)
    {
        await using var stream = File.OpenRead(path);
        using var hash = IncrementalHash.CreateHash(Algorithm switch
        {
            "sha256" => HashAlgorithmName.SHA256,
            "md5" => HashAlgorithmName.MD5,
            "git" => HashAlgorithmName.SHA1,
            _ => throw new NotSupportedException($"The checksum {Algorithm} is not known."),
        });
        if (Algorithm == "git")
        {
            hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {stream.Length}\0")));
        }

        var buffer = new byte[1 << 20];
        for (int count; (count = await stream.ReadAsync(buffer, cancellation)) > 0;)
        {
            hash.AppendData(buffer, 0, count);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset()) == Hex;
    }
}
